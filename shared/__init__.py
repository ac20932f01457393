"""The product: what happens to a photo between the bucket and the trained model.

``domain`` decides and touches nothing; ``clients`` touch OSS, Tablestore and DashScope and decide
nothing; ``workflow`` has the one carry out what the other decided; ``http_api`` shows where people stand.
"""
