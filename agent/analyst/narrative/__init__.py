"""The model's text: the model names figures by their keys, and code writes them.

A key is the path of a value in a tool's result: `{"checkout": {"cost": "$98.82"}}` has the key `checkout.cost`, and the
model writes `{checkout.cost}`. Values are those of the last assessment. `docs/figures.md` lists the keys.

Guarantees. In a text that is published,

1. every number was written by code. The words have no digits of any script, no words that count, measure, divide or
   multiply, and no signs of currencies or arithmetic, except in known names and in the forms that `numbers` lists.
2. every value has its unit, its period and its noun from code, and nothing touches it: "$98.82 a month", "2 functions
   that did not run", "32.9% of the account's cost".
3. every value is said to be what it is, of what it is. Words of its clause name its meaning, and its subject and topic
   are named before it or in its clause; or they are those of the figure or sentence just before. What is missing or not
   clear is written beside the value by code: "(saving of checkout, over-provisioned memory)".
4. no word that code knows contradicts a key: another meaning, function or topic, a denial, a comparison, a share for
   each of several, or another period.
5. what users of the account have chosen, such as a tag, is a short and plain name in quotation marks.

Not guaranteed. Claims without a figure are the model's ("checkout is idle", "the largest"), and so are reasons, tenses
and advice. A contradiction in words that code does not know stands beside the value with its label. A number in another
language, such as "deux", is not found if its letters have no accents.

`narrative` fills in a text: `values` writes each figure, `sentences` finds the words that belong to it, `claims` judges
them, and `numbers` searches the rest. A refusal names each problem with its sentence and what to do.
"""
