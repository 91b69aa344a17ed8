"""How recovery goes, and why we say so: plain functions of values and dates, nothing else.

Read diary (one day), weeks (one program week), terms (worse, relief, relapse and so on), course (what studies
saw) and status (the judgement and its reasons), in that order; adherence, red_flags and trend stand beside
them. No rule here knows a database, a clock or a time zone. Dates are the patient's local dates, pain is 0 to
10, and every comparison is made on exact fractions: exactly 30 %, exactly 50 % and exactly 2.0 are reached.

The letter beside each threshold says how well it is known:
V  read in the primary source; V2 read on a second page only;
P  our own proposal; M from memory; S found by simulation: a clinic's own clinician has to confirm these.
"""

RULE_VERSION = "1"  # stored with every status these rules give; a changed threshold or clause changes it
