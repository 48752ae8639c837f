"""What crosses the network between server, studio and page: REST bodies, socket events, problems."""
