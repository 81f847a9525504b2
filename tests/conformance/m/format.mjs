// Formats each file with Microsoft's formatter and parses the result: formatting must not change the meaning.
//   node format.mjs FILE.pq ...      one JSON line per file: {"file", "ok", "message"}
import { createRequire } from "node:module";
import fs from "node:fs";

const require = createRequire(import.meta.url);
const PQP = require("@microsoft/powerquery-parser");
const PQF = require("@microsoft/powerquery-formatter");

// The tree without positions and ids: what the text says, not where it says it.
const PLACE = new Set(["id", "tokenRange", "isLeaf", "attributeIndex"]);
const meaning = (node) =>
  JSON.stringify(node, (key, value) => (PLACE.has(key) ? undefined : value));

async function parse(text) {
  const task = await PQP.TaskUtils.tryLexParse(PQP.DefaultSettings, text);
  if (!PQP.TaskUtils.isParseStageOk(task)) throw new Error(task.error.message);
  return meaning(task.ast);
}

async function judge(file) {
  const text = fs.readFileSync(file, "utf8");
  const before = await parse(text);
  const formatted = await PQF.tryFormat(PQF.DefaultSettings, text);
  if (PQP.ResultUtils.isError(formatted)) throw formatted.error;
  if ((await parse(formatted.value)) !== before) throw new Error("formatting changes the meaning");
}

for (const file of process.argv.slice(2)) {
  try {
    await judge(file);
    console.log(JSON.stringify({ file, ok: true, message: "" }));
  } catch (error) {
    console.log(JSON.stringify({ file, ok: false, message: String(error.message ?? error) }));
  }
}
