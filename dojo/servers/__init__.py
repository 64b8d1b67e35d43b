"""The katas on PostgreSQL and MariaDB."""
