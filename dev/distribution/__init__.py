"""What dev/check_distribution.py is made of: the two distributions, how they are built, and each kind of check."""
