"""The verdict on unseen rows: metrics with intervals, gates, model card."""
