"""What each signal of linking weighs: fitted where the open data says something, else given.

The customers of the data do not react to what the desk does, so it says nothing of signals that
come from our replies; those are given, each with its reason. `training/train_linking.py` fits the
others beside them and prints them: for messages whose meaning is known, and for those without,
as the light tier has them.
"""

from __future__ import annotations

GIVEN: dict[str, float] = {
    "contentless": 4.0,  # nothing but a reference to something asked before
    "contentless_away": 4.0,  # it begins nothing on another channel either
    "shared_reference": 7.0,  # the same order or case number
    "unknown_handle": 1.0,  # who says who they are on a new address usually goes on
    "thanks_after_reply": 7.0,  # thanks are for an answer
    "not_solved_after_reply": 4.0,  # so is "that did not help"
    "awaited": 1.5,  # we asked, and wait for an answer
    "awaited_short": 4.0,  # and this is short enough to be one
    "resolved": -0.5,  # what is done is seldom gone back to
    "same_subject": 9.0,  # a mail program without references still keeps the subject line
    "other_subject": -9.0,  # who writes a new subject line writes about something else
    "other_thread": -9.0,  # so does who begins a new thread
}
"""Weights that were decided, with the reason."""

FITTED: dict[str, float] = {
    "similarity": 10.426,
    "here": 4.807,
    "here_slow": 1.045,
    "here_at_once": 8.86,
    "here_in_pace": 6.668,
    "here_in_pace_latest": -0.202,
    "here_in_pace_running": 3.204,
    "here_in_pace_topical": 0.55,
    "here_in_pace_opening": 3.875,
    "here_in_pace_words": -1.562,
    "here_latest": 0.497,
    "here_age": 0.261,
    "here_words": -1.377,
    "away_age": 0.427,
    "days_idle": -1.2,
    "rank": -0.768,
    "follow_up": 1.074,
    "follow_up_strength": 1.821,
    "follow_up_here": 1.479,
    "follow_up_days_idle": -1.345,
    "follow_up_fresh": -1.0,
    "follow_up_rank": 0.711,
    "away_on_its_own": -3.69,
    "names_its_channel": 7.828,
    "names_another_channel": -1.959,
    "names_another_was_here": -2.21,
    "this_time_was_here": -3.0,
    "this_time_elsewhere": 3.0,
    "greeting": -6.726,
    "greeting_at_once": 0.627,
    "after_greeting": 5.152,
    "acknowledging": -1.0,
    "acknowledging_here": 1.639,
    "opening": -3.034,
    "opening_twice": -1.56,
    "words": -0.239,
    "few_words": -1.605,
    "contacts": 0.737,
    "running": -0.455,
    "same_category": 3.827,
    "other_category": -0.722,
    "away_latest": 0.0,
    "away_running": 0.0,
    "away_opening": 0.0,
    "away_words": 0.0,
    "away_hollow": 0.0,
    "meaning": 0.0,
    "follow_up_meaning": 0.0,
    "follow_up_solutions": 0.0,
    "bias": -7.553,
}
"""Weights without meanings, fitted on the open week, and the bias against belonging anywhere."""

FITTED_WITH_MEANING: dict[str, float] = {
    "similarity": 5.28,
    "meaning": 4.65,
    "follow_up_meaning": 3.56,
    "follow_up_solutions": 2.98,
    "here": 3.76,
    "here_slow": 0.82,
    "here_at_once": 7.18,
    "here_in_pace": 5.77,
    "here_in_pace_latest": -0.5,
    "here_in_pace_running": 2.87,
    "here_in_pace_topical": 1.46,
    "here_in_pace_opening": 2.97,
    "here_in_pace_words": -1.07,
    "here_latest": 0.9,
    "here_age": 0.16,
    "here_words": -1.2,
    "away_age": 0.04,
    "days_idle": -1.2,
    "rank": -0.86,
    "follow_up": 0.0,
    "follow_up_strength": 1.54,
    "follow_up_here": 0.79,
    "follow_up_days_idle": -0.68,
    "follow_up_fresh": -1.0,
    "follow_up_rank": 0.87,
    "away_on_its_own": 0.03,
    "away_latest": 6.11,
    "away_running": 0.99,
    "away_opening": 2.76,
    "away_words": -1.1,
    "away_hollow": -0.21,
    "names_its_channel": 7.79,
    "names_another_channel": 0.0,
    "names_another_was_here": -3.29,
    "this_time_was_here": -3.0,
    "this_time_elsewhere": 3.0,
    "greeting": -5.96,
    "greeting_at_once": 0.27,
    "after_greeting": 5.39,
    "acknowledging": -1.0,
    "acknowledging_here": 2.95,
    "opening": -2.4,
    "opening_twice": -1.07,
    "words": -0.06,
    "few_words": -0.18,
    "contacts": 0.15,
    "running": 0.09,
    "same_category": 0.79,
    "other_category": -1.58,
    "bias": -6.77,
}
"""Weights beside meanings, fitted on the open week and on conversations made of dialogues."""

THRESHOLD = 0.5
"""Probability of belonging to some ticket from which on a message is not a new issue."""

WEIGHTS: dict[str, float] = FITTED | GIVEN | {"threshold": THRESHOLD}
"""What linking reads where a message has no meaning, unless the policy says otherwise."""

WITH_MEANING: dict[str, float] = FITTED_WITH_MEANING | GIVEN | {"threshold": THRESHOLD}
"""What it reads where a message has one."""
