"""The types of resources that can be deployed, by their names: ``table.KINDS``.

``stores`` and ``functions`` make resources in the other emulators; ``recorded`` has the types without effect.
``base`` says what a type is. Which properties can be updated follows each type's page in ROS's reference,
column "Update allowed"; a page that does not say so counts as no.
"""
