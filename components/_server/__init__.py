"""What the HTTP servers share: the socket, and answering until a signal."""
