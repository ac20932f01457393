"""DashScope (Model Studio), emulated: fine-tunes, training files and face detection of FaceChain.

``models`` holds the account's state and rules and knows no HTTP; ``responses`` holds the HTTP and no
state. Everything that the service's documents leave open is a switch in ``behaviour``.
"""
