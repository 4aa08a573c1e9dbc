"""The web portal: members' and staff's views, live consumers, front end."""
