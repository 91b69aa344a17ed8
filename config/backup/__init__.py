"""Backups: all of Amble in one file (`dump`), and its newest state on another disk while it runs (`copies`).

Every file of either kind is sealed (`sealed`): whoever has only this machine opens none of them.
"""
