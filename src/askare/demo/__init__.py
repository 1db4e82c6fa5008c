"""The demo organization: made-up people, homes and tasks, the same every time.

`world` makes them up, `load` keeps them.  `people`, `places` and `occasions` say who, where and what about;
`phrases_fi`, `phrases_sv` and `phrases_en` how it is put.
"""
