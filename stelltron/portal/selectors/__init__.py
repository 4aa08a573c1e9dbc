"""What the portal reads; every selector takes the member whose data it is."""
