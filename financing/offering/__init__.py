"""From a village's request to a funded generator."""
