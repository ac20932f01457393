"""Pictures of the local DashScope: how they are fetched, judged and drawn."""
