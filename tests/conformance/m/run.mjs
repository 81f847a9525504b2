// Runs members of section documents with meval, and folds to the source what Power Query folds.
//   node run.mjs < question.json > answer.json
// question: {"runs": [{"label", "file", "members": [name], "map": [[from, to]], "headers", "together"}]}; MEVAL_NOW is
//           the clock.
// answer:   {label: {member: {"columns": [{name, type}], "rows": [[...]], "asked": [...], "urls": [...]}}}, with "error"
//           in place of columns and rows where it failed; asked are the addresses as the query wrote them, urls where
//           they were sent.
// Folding: selection of columns, filters, sort and first rows on a table that was just navigated to become $select,
// $filter, $orderby and $top, until a step that stops it. meval itself reads every table whole.
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { F, Fn, GLOBAL, LIB, MErr, T, Tab, Unsupported, cfg, ev, evaluate, globals, iso, toJson } from "./meval.mjs";

const sources = new WeakMap();
const original = { ...LIB };

function replace(name, min, max, call) {
  LIB[name] = call;
  GLOBAL.set(name, new Fn(min, max, call, name));
}

function remember(table, source) {
  sources.set(table, source);
  return table;
}

// ---- a table at the source: its rows are fetched with all that was folded into it
function fetchRows(source) {
  const query = [];
  if (source.select) query.push("$select=" + source.select.map(encodeURIComponent).join(","));
  if (source.filter.length) query.push("$filter=" + encodeURIComponent(source.filter.join(" and ")));
  if (source.orderby) query.push("$orderby=" + encodeURIComponent(source.orderby));
  if (source.top !== undefined) query.push("$top=" + source.top);
  const url = source.url + (query.length ? "?" + query.join("&") : "");
  const whole = original["OData.Feed"]([url, ...source.rest]);
  return (source.select ? original["Table.SelectColumns"]([whole, source.select]) : whole).rows;
}

function folded(columns, source) {
  return remember(new Tab(columns, () => fetchRows(source)), source);
}

replace("OData.Feed", 1, 3, (args) => {
  const found = original["OData.Feed"](args);
  const isService = found instanceof Tab && found.names().join() === "Name,Data,Signature";
  if (!isService) return found;
  const root = F(args[0]).replace(/\/$/, "");
  const rows = found.rows.map(([name, data, signature]) => {
    const source = { url: `${root}/${F(name)}`, rest: args.slice(1), filter: [] };
    return [name, folded(F(data).cols, source), signature];
  });
  return new Tab(found.cols, rows);
});

// ---- steps that fold
replace("Table.SelectColumns", 2, 3, (args) => {
  const plain = original["Table.SelectColumns"](args);
  const source = sources.get(F(args[0]));
  if (!source || F(args[2] ?? null) !== null) return plain;
  return folded(plain.cols, { ...source, select: plain.names() });
});

replace("Table.SelectRows", 2, 2, (args) => {
  const table = F(args[0]);
  const source = sources.get(table);
  const condition = source && toFilter(F(args[1]), table.cols);
  if (!condition) return original["Table.SelectRows"](args);
  return folded(table.cols, { ...source, filter: [...source.filter, condition] });
});

replace("Table.Sort", 2, 2, (args) => {
  const table = F(args[0]);
  const source = sources.get(table);
  if (!source) return original["Table.Sort"](args);
  return folded(table.cols, { ...source, orderby: JSON.stringify(toJson(args[1])) });
});

replace("Table.FirstN", 2, 2, (args) => {
  const table = F(args[0]);
  const source = sources.get(table);
  const count = F(args[1]);
  if (!source || typeof count !== "number") return original["Table.FirstN"](args);
  return folded(table.cols, { ...source, top: count });
});

for (const name of ["Table.StopFolding", "Table.Buffer"]) {
  replace(name, 1, 2, (args) => {
    const table = F(args[0]);
    return new Tab(table.cols, () => table.rows);
  });
}

// ---- a condition as OData, or undefined where it can't be one
const OPERATORS = { "=": "eq", "<>": "ne", ">": "gt", ">=": "ge", "<": "lt", "<=": "le" };
const MIRRORED = { eq: "eq", ne: "ne", gt: "lt", ge: "le", lt: "gt", le: "ge" };

function toFilter(condition, columns) {
  if (!condition.each) return undefined;
  const kinds = new Map(columns.map((column) => [column.n, column.t.alias]));
  try {
    return filterOf(condition.each.body, condition.each.env, kinds);
  } catch (error) {
    if (error instanceof MErr) throw error;
    return undefined;
  }
}

function filterOf(node, env, kinds) {
  switch (node.kind) {
    case "ParenthesizedExpression":
      return filterOf(node.content, env, kinds);
    case "LogicalExpression": {
      const operator = node.operatorConstant.constantKind;
      return `(${filterOf(node.left, env, kinds)} ${operator} ${filterOf(node.right, env, kinds)})`;
    }
    case "EqualityExpression":
    case "RelationalExpression":
      return comparison(node, env, kinds);
    default:
      throw new Error("does not fold");
  }
}

function comparison(node, env, kinds) {
  const operator = OPERATORS[node.operatorConstant.constantKind];
  const [left, right] = [columnOf(node.left), columnOf(node.right)];
  if (left && !mentionsRow(node.right))
    return `${left} ${operator} ${literal(F(ev(node.right, env)), kinds.get(left))}`;
  if (right && !mentionsRow(node.left))
    return `${right} ${MIRRORED[operator]} ${literal(F(ev(node.left, env)), kinds.get(right))}`;
  throw new Error("does not fold");
}

function columnOf(node) {
  return node.kind === "FieldSelector" ? node.content.literal : undefined;
}

function mentionsRow(node) {
  if (!node || typeof node !== "object") return false;
  if (node.kind === "FieldSelector" || (node.kind === "IdentifierExpression" && node.identifier.literal === "_")) {
    return true;
  }
  return Object.entries(node).some(([key, part]) => key !== "tokenRange" && mentionsRow(part));
}

// A text becomes a literal of the column's own type: the key of a GUID stands without quotes in OData 4.
function literal(value, kind) {
  if (value === null) return "null";
  if (typeof value === "string" && kind === "Guid.Type") return value;
  if (typeof value === "string") return `'${value.replaceAll("'", "''")}'`;
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  if (value instanceof T && value.k === "date") return iso(value);
  if (value instanceof T && value.k === "datetimezone") return iso(value);
  throw new Error("does not fold");
}

// ---- the runs
const trace = path.join(fs.mkdtempSync(path.join(os.tmpdir(), "m-run-")), "urls.txt");
cfg.trace = trace;

function documentsOf(run) {
  return [{ name: "section", text: fs.readFileSync(run.file, "utf8") }];
}

// Each member is evaluated on its own, as Power BI refreshes tables; "together", what several read is read once.
async function runMember(run, member, shared) {
  fs.writeFileSync(trace, "");
  const answer = {};
  try {
    const value = shared ? shared.get(member) : await evaluate(documentsOf(run), member, {});
    if (value instanceof Tab) {
      answer.rows = value.rows.map((row) => row.map(toJson));
      answer.columns = value.cols.map((column) => ({ name: column.n, type: toJson(column.t) }));
    } else {
      answer.value = toJson(value);
    }
  } catch (error) {
    if (error instanceof Unsupported) answer.error = `unsupported: ${error.message}`;
    else if (error instanceof MErr) answer.error = `${error.r}: ${error.m}`;
    else throw error;
  }
  const lines = fs.readFileSync(trace, "utf8").split("\n").filter(Boolean);
  answer.asked = lines.map((line) => line.split("\t")[0]);
  answer.urls = lines.map((line) => line.split("\t")[1]);
  return answer;
}

const question = JSON.parse(fs.readFileSync(0, "utf8"));
const answers = {};
for (const run of question.runs) {
  cfg.map = run.map;
  cfg.headers = run.headers ?? {};
  answers[run.label] = {};
  const shared = run.together ? (await globals(documentsOf(run), {})).g : undefined;
  for (const member of run.members) answers[run.label][member] = await runMember(run, member, shared);
}
fs.rmSync(path.dirname(trace), { recursive: true });
process.stdout.write(JSON.stringify(answers), () => process.exit(0));
