"""IAM: who signs a request, whether the signature is right, and whether policies allow what it asks."""
