"""How much the servers take unless somebody says otherwise."""

# Bytes of a request for predictions.
MOST_REQUEST_BYTES = 16_000_000
# Bytes of a file that a person uploads.
MOST_UPLOAD_BYTES = 200_000_000
