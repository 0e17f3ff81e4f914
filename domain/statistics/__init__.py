"""Rules of statistics: estimates, intervals and tests of significance."""
