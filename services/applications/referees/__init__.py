"""Referees: whom an applicant asks for a letter, the link that lets them write it, and who reads it.

`asking` is the applicant's side, `writing` the referee's, `telling` says it to the notifications service and gives it the address and a
fresh link at the moment of sending, `chasing` is what time starts, `reading` is for staff. Whoever is erased takes their referees
along (`privacy`).
"""
