"""The report after a show: its numbers beside the plan's goals, as JSON and as one HTML page."""
