// Evaluates expressions with the reference implementation: standard input has a list of [expression, variables, now],
// standard output gets a list of {value}, {} (no value) or {error}.
const jsonata = require("jsonata");
const fs = require("fs");

async function evaluate([expression, variables, now]) {
  try {
    const compiled = jsonata(expression);
    compiled.registerFunction("millis", () => now * 1000);
    compiled.registerFunction("random", () => 0.5);
    const value = await compiled.evaluate(undefined, variables);
    return value === undefined ? {} : { value };
  } catch (error) {
    return { error: error.message };
  }
}

Promise.all(JSON.parse(fs.readFileSync(0, "utf8")).map(evaluate)).then((results) => {
  process.stdout.write(JSON.stringify(results));
});
