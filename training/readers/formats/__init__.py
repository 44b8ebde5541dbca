"""Formats: one module each, with one record of what it recognises and one parser; `known` lists them all."""
