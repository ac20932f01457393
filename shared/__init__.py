"""The product: everything between a photo in the bucket and the trained model.

``domain`` decides and touches nothing; ``clients`` touch OSS, Tablestore and DashScope and decide nothing;
``workflow`` makes the clients carry out the domain's decisions; ``http_api`` shows where people stand.
"""
