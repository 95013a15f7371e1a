"""Vocabulary: the words for days, months and numbers."""

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
MONTHS = ("january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
          "december")  # fmt: skip
UNITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
         "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen")  # fmt: skip
TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth", "eleventh",
            "twelfth", "thirteenth", "fourteenth", "fifteenth", "sixteenth", "seventeenth", "eighteenth", "nineteenth",
            "twentieth", "thirtieth")  # fmt: skip
KINDS = (
    dict.fromkeys((*UNITS, *TENS, "hundred", "thousand", "half"), "<number>")
    | {word: "<nth>" for word in ORDINALS if word not in ("first", "second", "third")}
    | dict.fromkeys(DAYS, "<day>")
    | {word: "<month>" for word in MONTHS if word not in ("march", "may")}
)
