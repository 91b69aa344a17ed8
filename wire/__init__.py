"""JSON and HTTP as Amble speaks them: strict input, problem details, bounded pages. Knows no domain.

It lies below every room, because each of them takes input and none of them may look up at `config`.
"""
