"""The model's text: the model names figures by their keys, and code writes them.

Keys. A key is the path of a value in a tool's result: `{"checkout": {"cost": "$98.82"}}` has the key `checkout.cost`,
and the model writes `{checkout.cost}`. The first part is `account` or a function, the last part says what the value is,
and a part between them is a rule, a region, a runtime or a processor. Two functions of the same name have their region
before it (`us-east-1/checkout.cost`). Values are those of the last assessment: after an inspection that finds more, a
key has its new value.

Values. Code writes the value with its unit. A unit that the text repeats is dropped (`{account.saving} dollars`,
`${account.saving}`, `{account.functions} Lambda functions`), another one is refused (`{account.saving} euros`). A
share is written with what it is a share of ("32.9% of the account's cost"), unless the text says so itself. Counts of a
topic, measures and evidence get the words without which they could be read as something else ("4,000 ms at p99").

A text is refused, with each problem and its sentence, where

1. A key does not exist. The message contains the nearest keys. A brace that belongs to no key is refused too.
2. Its words have a number: digits of any script, signs of currencies and of arithmetic, percent, Roman numerals, words
   that count or measure ("two", "dozens", "one function", "an hour"), fractions and ratios ("half", "a third", "twice",
   "tenfold", "every second", "an order of magnitude"). Allowed are names (functions, ARNs, log groups, findings, rules,
   runtimes, regions, qualifiers, the id after the word "account"), versions (Node 22, .NET 8, Python 3.13), standards
   and products (RFC 9110, ISO 8601, HTTP 429, HTTP/2, 5xx, IPv6, UTF-8, SHA-256, TLS 1.3, x86_64, arm64, S3, EC2),
   p50, p90, p95, p99, times of day (9 am, 09:00), dates (2026-11-23, 14 October 2024, October 2024, "in 2026." at the
   end of a clause), and "double-check", "third party", "one at a time", "one of them", "first". Vague words ("most",
   "several", "a few") are no numbers. "A month" is the only time that an amount is for.
   A function whose name could be read as a number (`500`, `half`) is written `{500.name}`.
3. The words say another meaning than the key. The word nearest to the key decides: before it in its clause, then after
   it, then in the sentence; a list goes on with the meaning of the key before. "By", "from" and "to" count ("falls from
   {account.cost} to {account.remaining}", "lowers it by {account.saving}"), and so do "less" and "can be saved"
   directly after a value. "Takes", "accounts for" and the like mean a cost where no other word says more. A cost, a
   saving, a saving's share, what remains and used memory need such a word.
4. The words are about another function than the key. The last function named before the key decides, then one after it
   ("... on checkout"), then the key before in the sentence, then the sentence before. Of several names and as many
   keys, each name belongs to the key in its place. A key of the account is refused where the words before it name a
   function ("checkout costs {account.cost}"), a single one ("it" after a function, "each function") or the others,
   except as the whole of a part: "{checkout.cost} of the {account.cost}", "most of the {account.cost}".
5. The words are about another topic than the key ("idle functions save {account.memory-excess.saving}"), or about one
   where the key has none ("idle functions save {account.saving}"). A saving of a rule needs the issue in its sentence.
6. A clause with a figure denies it ("not", "never", "no"), compares the value ("more than {...}", "below {...}"), or
   gives an amount per year, week, day, function or call.

In a remark, the function and the rule of its finding need not be named. Hidden characters and emphasis (`*` and
backticks) are removed first: the text that is checked is the text that is published.
"""
