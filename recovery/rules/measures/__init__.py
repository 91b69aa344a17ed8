"""Outcome measures: what a patient can do (PSFS), what the back keeps them from (RMDQ-24), how it is all in all (GPE).

Read instruments (what is asked, in whose words), scores (what an answer is worth, and which change counts) and due
(which measure is asked when).
"""
