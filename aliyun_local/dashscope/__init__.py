"""DashScope (Model Studio), emulated: fine-tunes, training files, face detection and portraits of FaceChain.

``models`` holds the account's state and rules and knows no HTTP; ``responses`` and its kin hold the HTTP and
no state. Everything that the service's documents leave open is a switch in ``behaviour``.
"""
