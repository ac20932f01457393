"""The photos of the local DashScope. ``account`` calls these modules; nothing here knows an account.

- ``fetching``: downloads a photo by its URL.
- ``inspection``: judges a photo's file, and asks ``detection`` for the number of its faces.
- ``portraits``: checks portrait orders, and draws portraits of people without photos.
- ``stand_ins``: makes the portraits of a trained person out of the person's photos.
"""
