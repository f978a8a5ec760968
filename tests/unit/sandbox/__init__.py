"""Tests of the embedded ECE, over its HTTP interface only."""
