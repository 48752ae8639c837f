"""What people are told outside a show: in the app, by e-mail, on their devices."""
