#!/usr/bin/env node
// meval.mjs — small, lazy Power Query M evaluator on the AST of Microsoft's own parser (test oracle, not a product).
//   node meval.mjs [options] FILE.pq            evaluates an expression document, or one member of a section document
//   --member NAME          member of the section document to evaluate (default: last shared member)
//   --siblings DIR         *.pq in DIR are further queries: base name (or section members) become global names
//   --param NAME=JSON      overrides a query/parameter by name (repeatable); value is JSON or plain text
//   --data DIR             OData.Feed is answered from DIR/<EntitySet>.json (array of records); no network at all
//   --map FROM=TO          rewrites the URL prefix FROM to TO before requesting (client URL -> http://127.0.0.1:port/odata4)
//   --header 'K: V'        extra request header (e.g. Authorization)
//   --trace FILE           one line per request: the URL asked for, a tab, the URL it was mapped to
//   --now ISO              fixed clock for *.LocalNow / FixedUtcNow
// Output: JSON on stdout {"kind":"table","columns":[{"name","type"}],"rows":[[..]]} | {"kind":"value","value":..}. Cell errors: {"$error":{..}}
// Exit 0 ok, 1 M error, 3 unsupported construct/function, 2 usage. Any host other than 127.0.0.1/localhost is refused unless --allow-net.
import { createRequire } from "node:module";
import fs from "node:fs";
import path from "node:path";
import { Worker, receiveMessageOnPort, MessageChannel } from "node:worker_threads";
import { pathToFileURL } from "node:url";
const require = createRequire(import.meta.url);
const PQP = require("@microsoft/powerquery-parser");

export class MErr extends Error {
  constructor(reason, message, detail = null) {
    super(`${reason}: ${message}`);
    this.r = reason;
    this.m = message;
    this.d = detail;
  }
}
export class Unsupported extends Error {}
const exprErr = (m, d) => new MErr("Expression.Error", m, d);
class Thunk {
  constructor(f) {
    this.f = f;
    this.s = 0;
  }
  get() {
    if (this.s === 2) return this.v;
    if (this.s === 3) throw this.v;
    if (this.s === 1) throw exprErr("A cyclic reference was encountered during evaluation.");
    this.s = 1;
    try {
      this.v = this.f();
      this.s = 2;
    } catch (e) {
      this.v = e;
      this.s = 3;
      throw e;
    }
    return this.v;
  }
}
const F = (v) => {
  while (v instanceof Thunk) v = v.get();
  return v;
};
class Rec {
  constructor(m) {
    this.m = m ?? new Map();
  }
  get(k) {
    return F(this.m.get(k));
  }
  has(k) {
    return this.m.has(k);
  }
  keys() {
    return [...this.m.keys()];
  }
}
class Tab {
  constructor(cols, rows) {
    this.cols = cols;
    this._r = rows;
  }
  get rows() {
    if (typeof this._r === "function") this._r = this._r();
    return this._r;
  }
  names() {
    return this.cols.map((c) => c.n);
  }
  idx(n) {
    const i = this.cols.findIndex((c) => c.n === n);
    if (i < 0) throw exprErr(`The column '${n}' of the table wasn't found.`, n);
    return i;
  }
  rec(r) {
    return new Rec(new Map(this.cols.map((c, i) => [c.n, r[i]])));
  }
}
class Fn {
  constructor(min, max, call, name) {
    this.min = min;
    this.max = max;
    this.call = call;
    this.name = name;
  }
  apply(a) {
    if (a.length < this.min || a.length > this.max)
      throw exprErr(
        `${a.length} arguments were passed to a function which expects ${this.min === this.max ? this.min : `between ${this.min} and ${this.max}`}.`,
      );
    return this.call(a);
  }
}
class T {
  constructor(k, ms, off = 0) {
    this.k = k;
    this.ms = ms;
    this.off = off;
  }
} // date datetime datetimezone time duration
class Ty {
  constructor(n, nullable = false, x = {}) {
    this.n = n;
    this.nullable = nullable;
    Object.assign(this, x);
  }
}
class Bin {
  constructor(b) {
    this.b = b;
  }
}
class Meta {
  constructor(v, m) {
    this.v = v;
    this.m = m;
  }
}
const metas = new WeakMap();
const DAY = 864e5,
  E0 = Date.UTC(1899, 11, 30);
const kind = (v) =>
  v === null
    ? "null"
    : typeof v === "number"
      ? "number"
      : typeof v === "string"
        ? "text"
        : typeof v === "boolean"
          ? "logical"
          : Array.isArray(v)
            ? "list"
            : v instanceof Rec
              ? "record"
              : v instanceof Tab
                ? "table"
                : v instanceof Fn
                  ? "function"
                  : v instanceof T
                    ? v.k
                    : v instanceof Ty
                      ? "type"
                      : v instanceof Bin
                        ? "binary"
                        : "any";
const want = (v, k, nul) => {
  v = F(v);
  if (v === null && nul) return null;
  if (kind(v) !== k)
    throw exprErr(
      `We cannot convert ${v === null ? "the value null" : "a value of type " + cap(kind(v))} to type ${cap(k)}.`,
      v,
    );
  return v;
};
const cap = (s) => s[0].toUpperCase() + s.slice(1);
const lst = (v) => {
  v = F(v);
  if (Array.isArray(v)) return v;
  throw exprErr(`We cannot convert ${v === null ? "the value null" : "a value of type " + cap(kind(v))} to type List.`);
};
const txt = (v, n) => want(v, "text", n),
  num = (v, n) => want(v, "number", n),
  tab = (v) => want(v, "table"),
  rec = (v) => want(v, "record"),
  fn = (v) => want(v, "function");
const strs = (v) => {
  v = F(v);
  return typeof v === "string" ? [v] : lst(v).map((x) => txt(x));
};
const pad = (n, w = 2) => String(Math.abs(n)).padStart(w, "0");
const parts = (t) => {
  const d = new Date(t.ms + (t.k === "datetimezone" ? t.off * 6e4 : 0));
  return {
    y: d.getUTCFullYear(),
    M: d.getUTCMonth() + 1,
    d: d.getUTCDate(),
    H: d.getUTCHours(),
    m: d.getUTCMinutes(),
    s: d.getUTCSeconds(),
    f: d.getUTCMilliseconds(),
    w: d.getUTCDay(),
  };
};
const offs = (o) => (o < 0 ? "-" : "+") + pad(Math.trunc(Math.abs(o) / 60)) + ":" + pad(Math.abs(o) % 60);
export function iso(t) {
  const p = parts(t),
    ms = p.f ? "." + pad(p.f, 3) : "";
  const D = `${pad(p.y, 4)}-${pad(p.M)}-${pad(p.d)}`,
    H = `${pad(p.H)}:${pad(p.m)}:${pad(p.s)}${ms}`;
  return t.k === "date"
    ? D
    : t.k === "datetime"
      ? D + "T" + H
      : t.k === "time"
        ? H
        : t.k === "datetimezone"
          ? D + "T" + H + offs(t.off)
          : durText(t);
}
const durText = (t) => {
  let s = Math.abs(t.ms),
    d = Math.floor(s / DAY);
  s -= d * DAY;
  return (
    (t.ms < 0 ? "-" : "") +
    (d ? d + "." : "") +
    pad(Math.floor(s / 36e5)) +
    ":" +
    pad(Math.floor(s / 6e4) % 60) +
    ":" +
    pad(Math.floor(s / 1e3) % 60)
  );
};

// ---------- equality, ordering
export function eq(a, b) {
  a = F(a);
  b = F(b);
  if (a === b) return true;
  const k = kind(a);
  if (k !== kind(b)) return false;
  if (k === "list") return a.length === b.length && a.every((x, i) => eq(x, b[i]));
  if (k === "record") return a.m.size === b.m.size && a.keys().every((x) => b.has(x) && eq(a.m.get(x), b.m.get(x)));
  if (k === "table")
    return (
      a.cols.length === b.cols.length &&
      a.rows.length === b.rows.length &&
      a.names().every((n) => b.names().includes(n)) &&
      a.rows.every((r, i) => a.names().every((n) => eq(r[a.idx(n)], b.rows[i][b.idx(n)])))
    );
  if (a instanceof T) return a.ms === b.ms;
  if (k === "type") return a.n === b.n && a.nullable === b.nullable;
  return false;
}
export function cmp(a, b) {
  a = F(a);
  b = F(b);
  if (a === null || b === null) return a === b ? 0 : a === null ? -1 : 1;
  const k = kind(a);
  if (k !== kind(b)) throw exprErr(`We cannot apply operator < to types ${cap(k)} and ${cap(kind(b))}.`);
  if (a instanceof T) return a.ms - b.ms;
  if (k === "number" || k === "logical") return a - b;
  if (k === "text") return a < b ? -1 : a > b ? 1 : 0;
  throw exprErr(`We cannot apply operator < to types ${cap(k)} and ${cap(k)}.`);
}
const key = (v) => {
  v = F(v);
  return v === null
    ? "n"
    : v instanceof T
      ? v.k + v.ms
      : Array.isArray(v)
        ? "[" + v.map(key).join() + "]"
        : v instanceof Rec
          ? "{" +
            v
              .keys()
              .sort()
              .map((k) => k + ":" + key(v.m.get(k)))
              .join() +
            "}"
          : v instanceof Tab
            ? "T" + v.rows.map((r) => r.map(key)).join("|")
            : kind(v)[0] + JSON.stringify(v);
};

// ---------- literals
export function unescapeText(lit) {
  return lit
    .slice(1, -1)
    .replace(/""/g, '"')
    .replace(/#\(([^)]*)\)/g, (_, l) =>
      l
        .split(",")
        .map((e) => {
          e = e.trim();
          const c = { cr: "\r", lf: "\n", tab: "\t", "#": "#" }[e];
          if (c) return c;
          if (/^[0-9A-Fa-f]{4}$|^[0-9A-Fa-f]{8}$/.test(e)) return String.fromCodePoint(parseInt(e, 16));
          throw exprErr(`Invalid character escape #(${l})`);
        })
        .join(""),
    );
}
const name = (l) => (l.startsWith('#"') ? unescapeText(l.slice(1)) : l);

// ---------- evaluation
const PRIM = new Set([
  "any",
  "anynonnull",
  "none",
  "null",
  "logical",
  "number",
  "time",
  "date",
  "datetime",
  "datetimezone",
  "duration",
  "text",
  "binary",
  "type",
  "list",
  "record",
  "table",
  "function",
  "action",
]);
export class Env {
  constructor(v, p) {
    this.v = v;
    this.p = p;
  }
  get(n, incl) {
    let skip = null;
    for (let e = this; e; e = e.p) {
      if (!incl && e.hide === n && !skip) skip = e.hideIn;
      if (e.v.has(n) && e !== skip) return F(e.v.get(n));
    }
    if (LIBN.has(n)) throw new Unsupported(`library function ${n} is not implemented in meval`);
    throw exprErr(`The name '${n}' wasn't recognized. Make sure it's spelled correctly.`);
  }
}
const LIBN = new Set(
  (() => {
    try {
      return JSON.parse(
        fs.readFileSync(new URL("lib/standard-enUs.json", import.meta.url), "utf8").replace(/^\uFEFF/, ""),
      ).map((s) => s.name);
    } catch {
      return [];
    }
  })(),
);
const csv = (n) => n.content.elements.map((c) => c.node);
const isType = (v, t) => {
  v = F(v);
  if (t.n === "any") return true;
  if (v === null) return t.nullable || t.n === "null";
  if (t.n === "anynonnull") return true;
  if (t.n === "none") return false;
  return kind(v) === (t.base ?? t.n);
};
export function ev(n, e) {
  switch (n.kind) {
    case "LetExpression": {
      const m = new Map(),
        s = new Env(m, e);
      for (const { node: p } of n.variableList.elements)
        m.set(name(p.key.literal), bind(p.value, s, name(p.key.literal), e));
      return ev(n.expression, s);
    }
    case "RecordExpression":
    case "RecordLiteral": {
      const m = new Map(),
        s = new Env(m, e);
      for (const p of csv(n)) m.set(name(p.key.literal), bind(p.value, s, name(p.key.literal), e));
      return new Rec(m);
    }
    case "ListExpression":
    case "ListLiteral": {
      const out = [];
      for (const x of csv(n))
        if (x.kind === "RangeExpression") {
          let a = ev(x.left, e),
            b = ev(x.right, e);
          if (typeof a === "string")
            for (let c = a.codePointAt(0); c <= b.codePointAt(0); c++) out.push(String.fromCodePoint(c));
          else for (let i = num(a); i <= num(b); i++) out.push(i);
        } else out.push(new Thunk(() => ev(x, e)));
      return out;
    }
    case "LiteralExpression":
      switch (n.literalKind) {
        case "Text":
          return unescapeText(n.literal);
        case "Numeric":
          return n.literal === "#infinity" ? Infinity : n.literal === "#nan" ? NaN : Number(n.literal);
        case "Logical":
          return n.literal === "true";
        case "Null":
          return null;
        default:
          if (n.literal === "#infinity") return Infinity;
          if (n.literal === "#nan") return NaN;
          throw new Unsupported("literal " + n.literalKind);
      }
    case "IdentifierExpression": {
      const nm = name(n.identifier.literal);
      return e.get(nm, !!n.inclusiveConstant);
    }
    case "ParenthesizedExpression":
      return ev(n.content, e);
    case "IfExpression": {
      const c = F(ev(n.condition, e));
      if (typeof c !== "boolean")
        throw exprErr(
          `We cannot convert ${c === null ? "the value null" : "a value of type " + cap(kind(c))} to type Logical.`,
        );
      return ev(c ? n.trueExpression : n.falseExpression, e);
    }
    case "EachExpression":
      return Object.assign(
        new Fn(1, 1, (a) => ev(n.paired, new Env(new Map([["_", a[0]]]), e))),
        { each: { body: n.paired, env: e } }, // its tree, for who folds it to the source
      );
    case "FunctionExpression": {
      const ps = csv(n.parameters).map((p) => ({
        n: name(p.name.literal),
        o: !!p.optionalConstant,
        t: p.parameterType && ty(p.parameterType, e),
      }));
      const rt = n.functionReturnType && ty(n.functionReturnType, e);
      return new Fn(ps.filter((p) => !p.o).length, ps.length, (a) => {
        const m = new Map();
        ps.forEach((p, i) => {
          const v = i < a.length ? a[i] : null;
          if (p.t && !(p.o && F(v) === null)) as(v, p.t);
          m.set(p.n, v);
        });
        const r = ev(n.expression, new Env(m, e));
        if (rt) as(r, rt);
        return r;
      });
    }
    case "RecursivePrimaryExpression": {
      let v = ev(n.head, e);
      for (const r of n.recursiveExpressions.elements) v = step(F(v), r, e);
      return v;
    }
    case "FieldSelector":
      return step(e.get("_"), n, e);
    case "FieldProjection":
      return step(e.get("_"), n, e);
    case "UnaryExpression": {
      let v = F(ev(n.typeExpression, e));
      for (const o of [...n.operators.elements].reverse()) {
        const k = o.constantKind;
        if (k === "not") {
          if (v !== null) v = !want(v, "logical");
        } else if (k === "-")
          v = v === null ? null : v instanceof T && v.k === "duration" ? new T("duration", -v.ms) : -num(v);
      }
      return v;
    }
    case "ArithmeticExpression":
    case "EqualityExpression":
    case "RelationalExpression":
      return bin(n.operatorConstant.constantKind, F(ev(n.left, e)), F(ev(n.right, e)));
    case "LogicalExpression": {
      const o = n.operatorConstant.constantKind,
        a = F(ev(n.left, e)),
        L = (x) => (x === null ? null : want(x, "logical"));
      L(a);
      if (o === "and") {
        if (a === false) return false;
        const b = L(F(ev(n.right, e)));
        return b === false ? false : a === null || b === null ? null : true;
      }
      if (a === true) return true;
      const b = L(F(ev(n.right, e)));
      return b === true ? true : a === null || b === null ? null : false;
    }
    case "NullCoalescingExpression": {
      const a = F(ev(n.left, e));
      return a === null ? ev(n.right, e) : a;
    }
    case "MetadataExpression": {
      const v = F(ev(n.left, e)),
        m = F(ev(n.right, e));
      return wm(v, m);
    }
    case "IsExpression":
      return isType(ev(n.left, e), ty(n.right, e));
    case "AsExpression":
      return as(ev(n.left, e), ty(n.right, e));
    case "TypePrimaryType":
      return ty(n.paired, e);
    case "PrimitiveType":
    case "NullablePrimitiveType":
    case "NullableType":
    case "TableType":
    case "RecordType":
    case "ListType":
    case "FunctionType":
      return ty(n, e);
    case "ErrorRaisingExpression": {
      const v = F(ev(n.paired, e));
      if (typeof v === "string") throw new MErr("Expression.Error", v);
      const r = rec(v);
      throw new MErr(
        r.has("Reason") ? r.get("Reason") : "Expression.Error",
        r.has("Message") ? r.get("Message") : "",
        r.has("Detail") ? r.get("Detail") : null,
      );
    }
    case "ErrorHandlingExpression": {
      try {
        const v = F(ev(n.protectedExpression, e));
        return n.handler
          ? v
          : new Rec(
              new Map([
                ["HasError", false],
                ["Value", v],
              ]),
            );
      } catch (x) {
        if (!(x instanceof MErr)) throw x;
        const er = errRec(x);
        if (!n.handler)
          return new Rec(
            new Map([
              ["HasError", true],
              ["Error", er],
            ]),
          );
        if (n.handler.kind === "OtherwiseExpression") return ev(n.handler.paired, e);
        const f = ev(n.handler.paired, e);
        return f.apply(f.max === 0 ? [] : [er]);
      }
    }
    case "NotImplementedExpression":
      throw exprErr("Value was not specified.");
    default:
      throw new Unsupported("syntax node " + n.kind);
  }
}
const EMPTY = new Map(); // a plain name inside its own initializer refers to the OUTER name; @name refers to itself
const bind = (node, s, nm) => {
  const h = new Env(EMPTY, s);
  h.hide = nm;
  h.hideIn = s;
  return new Thunk(() => ev(node, h));
};
const errRec = (x) =>
  new Rec(
    new Map([
      ["Reason", x.r],
      ["Message", x.m],
      ["Detail", x.d],
    ]),
  );
const as = (v, t) => {
  v = F(v);
  if (!isType(v, t))
    throw exprErr(
      `We cannot convert ${v === null ? "the value null" : "a value of type " + cap(kind(v))} to type ${cap(t.n)}.`,
      v,
    );
  return v;
};
const wm = (v, m) => {
  if (v !== null && typeof v === "object") {
    metas.set(v, m);
  }
  return v;
}; // metadata on primitives is dropped
function ty(n, e) {
  switch (n.kind) {
    case "AsType":
    case "AsNullablePrimitiveType":
      return ty(n.paired, e);
    case "TypePrimaryType":
      return ty(n.paired, e);
    case "NullablePrimitiveType":
    case "NullableType": {
      const t = ty(n.paired, e);
      return new Ty(t.n, true, { ...t, nullable: true });
    }
    case "PrimitiveType":
      return new Ty(n.primitiveTypeKind, ["any", "null"].includes(n.primitiveTypeKind));
    case "TableType": {
      const r = n.rowType;
      if (r.kind === "FieldSpecificationList") return new Ty("table", false, { fields: flds(r, e) });
      const t = F(ev(r, e));
      return new Ty("table", false, { fields: t.fields });
    }
    case "RecordType":
      return new Ty("record", false, { fields: flds(n.fields, e) });
    case "ListType":
      return new Ty("list", false, { item: ty(n.content, e) });
    case "FunctionType":
      return new Ty("function");
    default: {
      const v = F(ev(n, e));
      if (v instanceof Ty) return v;
      throw exprErr("We cannot convert a value of type " + cap(kind(v)) + " to type Type.");
    }
  }
}
const flds = (l, e) =>
  csv(l).map((f) => ({
    n: name(f.name.literal),
    o: !!f.optionalConstant,
    t: f.fieldTypeSpecification ? ty(f.fieldTypeSpecification.fieldType, e) : new Ty("any", true),
  }));
function step(v, r, e) {
  switch (r.kind) {
    case "InvokeExpression":
      return fn(v).apply(csv(r).map((x) => new Thunk(() => ev(x, e))));
    case "FieldSelector": {
      const f = name(r.content.literal);
      if (v === null && r.optionalConstant) return null;
      if (v instanceof Tab) {
        if (r.optionalConstant && !v.names().includes(f)) return null;
        const i = v.idx(f);
        return v.rows.map((x) => x[i]);
      }
      if (!(v instanceof Rec)) throw exprErr(`We cannot apply field access to the type ${cap(kind(v))}.`);
      if (!v.has(f)) {
        if (r.optionalConstant) return null;
        throw exprErr(`The field '${f}' of the record wasn't found.`);
      }
      return v.get(f);
    }
    case "FieldProjection": {
      const fs_ = csv(r).map((s) => name(s.content.literal));
      if (v instanceof Tab) return LIB["Table.SelectColumns"]([v, fs_]);
      if (v === null && r.optionalConstant) return null;
      return new Rec(
        new Map(
          fs_.map((f) => {
            if (!rec(v).has(f)) {
              if (r.optionalConstant) return [f, null];
              throw exprErr(`The field '${f}' of the record wasn't found.`);
            }
            return [f, v.m.get(f)];
          }),
        ),
      );
    }
    case "ItemAccessExpression": {
      const k = F(ev(r.content, e)),
        opt = !!r.optionalConstant;
      if (v === null && opt) return null;
      if (typeof k === "number") {
        const a = v instanceof Tab ? v.rows : lst(v);
        if (k < 0) throw exprErr("The index cannot be negative.");
        if (k >= a.length) {
          if (opt) return null;
          throw exprErr("There weren't enough elements in the enumeration to complete the operation.");
        }
        return v instanceof Tab ? v.rec(a[k]) : F(a[k]);
      }
      const q = rec(k),
        t = tab(v),
        hit = t.rows.filter((x) => q.keys().every((n) => eq(x[t.idx(n)], q.m.get(n))));
      if (hit.length === 1) return t.rec(hit[0]);
      if (hit.length === 0 && opt) return null;
      throw exprErr(
        hit.length ? "The key matched more than one row in the table." : "The key didn't match any rows in the table.",
        q,
      );
    }
    default:
      throw new Unsupported("access " + r.kind);
  }
}
function bin(o, a, b) {
  if (o === "=") return eq(a, b);
  if (o === "<>") return !eq(a, b);
  if (o === "<" || o === ">" || o === "<=" || o === ">=") {
    if (a === null || b === null) return null;
    const c = cmp(a, b);
    return o === "<" ? c < 0 : o === ">" ? c > 0 : o === "<=" ? c <= 0 : c >= 0;
  }
  if (o === "&") {
    if (a instanceof Rec && b instanceof Rec) return new Rec(new Map([...a.m, ...b.m]));
    if (a instanceof Tab && b instanceof Tab) return LIB["Table.Combine"]([[a, b]]);
    if (Array.isArray(a) && Array.isArray(b)) return [...a, ...b];
    if (a === null || b === null) return null;
    if (a instanceof T && b instanceof T && a.k === "date" && b.k === "time") return new T("datetime", a.ms + b.ms);
    if (typeof a === "string" && typeof b === "string") return a + b;
    throw exprErr(`We cannot apply operator & to types ${cap(kind(a))} and ${cap(kind(b))}.`);
  }
  if (a === null || b === null) return null;
  if (a instanceof T || b instanceof T) {
    const ka = kind(a),
      kb = kind(b);
    if (o === "+" && kb === "duration") return new T(a.k, a.ms + b.ms, a.off);
    if (o === "+" && ka === "duration") return new T(b.k, a.ms + b.ms, b.off);
    if (o === "-" && kb === "duration") return new T(a.k, a.ms - b.ms, a.off);
    if (o === "-" && ka === kb) return new T("duration", a.ms - b.ms);
    if (o === "*" && ka === "duration") return new T("duration", a.ms * num(b));
    if (o === "*") return new T("duration", b.ms * num(a));
    if (o === "/" && kb === "number") return new T("duration", a.ms / b);
    if (o === "/") return a.ms / b.ms;
  }
  if (typeof a !== "number" || typeof b !== "number")
    throw exprErr(`We cannot apply operator ${o} to types ${cap(kind(a))} and ${cap(kind(b))}.`);
  return o === "+" ? a + b : o === "-" ? a - b : o === "*" ? a * b : a / b;
}

// ---------- conversion & culture (en-US, nl-NL, invariant)
const CUL = {
  "nl-NL": {
    dec: ",",
    tho: ".",
    d: "DMY",
    months: "januari februari maart april mei juni juli augustus september oktober november december".split(" "),
    days: "zondag maandag dinsdag woensdag donderdag vrijdag zaterdag".split(" "),
    ld: "dd-MM-yyyy",
  },
  "en-US": {
    dec: ".",
    tho: ",",
    d: "MDY",
    months: "January February March April May June July August September October November December".split(" "),
    days: "Sunday Monday Tuesday Wednesday Thursday Friday Saturday".split(" "),
    ld: "M/d/yyyy",
  },
};
CUL["en-GB"] = { ...CUL["en-US"], d: "DMY", ld: "dd/MM/yyyy" };
CUL["nl-BE"] = { ...CUL["nl-NL"], ld: "d/MM/yyyy" };
const cul = (c) => {
  c = F(c ?? null);
  if (c instanceof Rec) c = c.has("Culture") ? c.get("Culture") : null;
  if (c === null || c === "") return CUL["en-US"];
  if (!CUL[c]) throw new Unsupported("culture " + c);
  return CUL[c];
};
const fmtErr = (m, d) => new MErr("DataFormat.Error", m, d);
function toNum(v, c) {
  v = F(v);
  if (v === null) return null;
  if (typeof v === "number") return v;
  if (typeof v === "boolean") return v ? 1 : 0;
  if (v instanceof T) return v.k === "duration" || v.k === "time" ? v.ms / DAY : (v.ms - E0) / DAY;
  if (typeof v === "string") {
    const q = cul(c);
    let s = v.trim().split(q.tho).join("").replace(q.dec, ".");
    const pct = s.endsWith("%");
    if (pct) s = s.slice(0, -1);
    if (s !== "" && /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(s)) return Number(s) / (pct ? 100 : 1);
    throw fmtErr("We couldn't convert to Number.", v);
  }
  throw exprErr(`We cannot convert a value of type ${cap(kind(v))} to type Number.`, v);
}
function pdate(s, c) {
  s = s.trim();
  let m = /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(\.\d+)?)?)?(Z|[+-]\d{2}:?\d{2})?$/.exec(s),
    y,
    M,
    d,
    H = 0,
    mi = 0,
    S = 0,
    off = null;
  if (m) {
    [y, M, d, H, mi, S] = [m[1], m[2], m[3], m[4] ?? 0, m[5] ?? 0, m[6] ?? 0].map(Number);
    S += Number(m[7] ?? 0);
    if (m[8])
      off = m[8] === "Z" ? 0 : (m[8][0] === "-" ? -1 : 1) * (Number(m[8].slice(1, 3)) * 60 + Number(m[8].slice(-2)));
  } else if ((m = /^(\d{1,2})[-\/.](\d{1,2})[-\/.](\d{4})(?: (\d{1,2}):(\d{2})(?::(\d{2}))?)?$/.exec(s))) {
    const k = cul(c).d;
    [y, M, d] = k === "DMY" ? [m[3], m[2], m[1]].map(Number) : [m[3], m[1], m[2]].map(Number);
    H = Number(m[4] ?? 0);
    mi = Number(m[5] ?? 0);
    S = Number(m[6] ?? 0);
  } else if ((m = /^(\d{4})(\d{2})(\d{2})$/.exec(s))) [y, M, d] = [m[1], m[2], m[3]].map(Number);
  else return null;
  const ms = Date.UTC(y, M - 1, d, H, mi) + S * 1000,
    D = new Date(Date.UTC(y, M - 1, d));
  if (D.getUTCMonth() + 1 !== M || D.getUTCDate() !== d) return null;
  return { ms, off };
}
function toT(k, v, c) {
  v = F(v);
  if (v === null) return null;
  if (v instanceof T) {
    if (v.k === k) return v;
    if (v.k === "time") v = new T("datetime", E0 + v.ms);
    const loc = v.ms + (v.k === "datetimezone" ? v.off * 6e4 : 0);
    if (k === "date") return new T("date", Math.floor(loc / DAY) * DAY);
    if (k === "datetime") return new T("datetime", loc);
    if (k === "datetimezone") return new T("datetimezone", v.ms, 0);
    if (k === "time") return new T("time", ((loc % DAY) + DAY) % DAY);
  }
  if (typeof v === "number") {
    const ms = Math.round(E0 + v * DAY);
    return toT(k, new T("datetime", ms));
  }
  if (typeof v === "string") {
    const p = pdate(v, c);
    if (p) {
      if (k === "datetimezone") return new T(k, p.ms - (p.off ?? 0) * 6e4, p.off ?? 0);
      return toT(k, new T("datetime", p.ms));
    }
    if (k === "time") {
      const m = /^(\d{1,2}):(\d{2})(?::(\d{2}))?/.exec(v);
      if (m) return new T("time", (m[1] * 3600 + m[2] * 60 + Number(m[3] ?? 0)) * 1e3);
    }
    throw fmtErr(`We couldn't parse the input provided as a ${cap(k)} value.`, v);
  }
  throw exprErr(`We cannot convert a value of type ${cap(kind(v))} to type ${cap(k)}.`);
}
function fdate(t, f, c) {
  const q = cul(c),
    p = parts(t);
  return f.replace(
    /'([^']*)'|"([^"]*)"|\\(.)|yyyy|yy|MMMM|MMM|MM|M|dddd|ddd|dd|d|HH|H|hh|h|mm|m|ss|s|fff|ff|f|tt|zzz|K/g,
    (x, a, b, g) =>
      a ??
      b ??
      g ??
      {
        yyyy: pad(p.y, 4),
        yy: pad(p.y % 100),
        MMMM: q.months[p.M - 1],
        MMM: q.months[p.M - 1].slice(0, 3),
        MM: pad(p.M),
        M: p.M,
        dddd: q.days[p.w],
        ddd: q.days[p.w].slice(0, 3),
        dd: pad(p.d),
        d: p.d,
        HH: pad(p.H),
        H: p.H,
        hh: pad(p.H % 12 || 12),
        h: p.H % 12 || 12,
        mm: pad(p.m),
        m: p.m,
        ss: pad(p.s),
        s: p.s,
        fff: pad(p.f, 3),
        ff: pad(Math.floor(p.f / 10)),
        f: Math.floor(p.f / 100),
        tt: p.H < 12 ? "AM" : "PM",
        zzz: offs(t.off),
        K: offs(t.off),
      }[x],
  );
}
function fnum(n, f, c) {
  const q = cul(c);
  let m;
  const grp = (s) => s.replace(/\B(?=(\d{3})+(?!\d))/g, q.tho);
  const fx = (d, g) => {
    const s = rnd(Math.abs(n), d, "away").toFixed(d).split(".");
    return (n < 0 ? "-" : "") + (g ? grp(s[0]) : s[0]) + (s[1] ? q.dec + s[1] : "");
  };
  if (!f || /^[gG]$/.test(f)) return String(n).replace(".", q.dec);
  if ((m = /^[nN](\d*)$/.exec(f))) return fx(m[1] === "" ? 2 : +m[1], true);
  if ((m = /^[fF](\d*)$/.exec(f))) return fx(m[1] === "" ? 2 : +m[1], false);
  if ((m = /^[dD](\d*)$/.exec(f))) return (n < 0 ? "-" : "") + pad(n, +m[1] || 1);
  if ((m = /^[pP](\d*)$/.exec(f))) {
    n *= 100;
    return fx(m[1] === "" ? 2 : +m[1], true) + "%";
  }
  if ((m = /^(#,##)?(0+)(?:\.(0+))?$/.exec(f))) {
    const d = (m[3] ?? "").length,
      s = fx(d, !!m[1]).split(q.dec);
    s[0] = s[0].padStart(m[2].length, "0");
    return s.join(q.dec);
  }
  throw new Unsupported("number format " + f);
}
const rnd = (x, d, mode) => {
  const p = 10 ** d,
    y = x * p,
    r = Math.round(y),
    tie = Math.abs(Math.abs(y % 1) - 0.5) < 1e-9;
  let z = r;
  if (tie) {
    const lo = Math.floor(y),
      hi = lo + 1;
    z =
      mode === "away"
        ? y < 0
          ? lo
          : hi
        : mode === "up"
          ? hi
          : mode === "down"
            ? lo
            : mode === "zero"
              ? y < 0
                ? hi
                : lo
              : lo % 2 === 0
                ? lo
                : hi;
  }
  return z / p;
};
function toText(v, f, c) {
  v = F(v);
  f = F(f ?? null);
  if (f instanceof Rec) {
    c = f.has("Culture") ? f.get("Culture") : c;
    f = f.has("Format") ? f.get("Format") : null;
  }
  if (v === null) return null;
  if (typeof v === "string") return v;
  if (typeof v === "boolean") return v ? "true" : "false";
  if (typeof v === "number") return fnum(v, f, c);
  if (v instanceof T) {
    if (f) {
      if (f.length === 1) throw new Unsupported("standard date format " + f);
      return fdate(v, f, c);
    }
    if (v.k === "duration") return durText(v);
    const q = cul(c);
    const d = fdate(v, q.ld, c),
      t = v.k === "date" ? "" : fdate(v, q === CUL["en-US"] ? "h:mm:ss tt" : "HH:mm:ss", c);
    return v.k === "date"
      ? d
      : v.k === "time"
        ? fdate(v, "HH:mm", c)
        : d + " " + t + (v.k === "datetimezone" ? " " + offs(v.off) : "");
  }
  if (v instanceof Bin) return v.b.toString("base64");
  throw exprErr(`We cannot convert a value of type ${cap(kind(v))} to type Text.`);
}
const INTS = new Set(["Int64.Type", "Int32.Type", "Int16.Type", "Int8.Type", "Byte.Type"]);
function conv(v, t, c) {
  v = F(v);
  if (v === null) return null;
  const k = t.alias ?? t.n;
  if (INTS.has(k)) return rnd(toNum(v, c), 0);
  if (k === "Currency.Type") return rnd(toNum(v, c), 4);
  if (k === "Percentage.Type" || t.n === "number") return toNum(v, c);
  switch (t.n) {
    case "text":
      return toText(v, null, c);
    case "logical": {
      if (typeof v === "boolean") return v;
      if (typeof v === "number") return v !== 0;
      const s = String(v).toLowerCase();
      if (s === "true") return true;
      if (s === "false") return false;
      throw fmtErr("We couldn't convert to Logical.", v);
    }
    case "date":
    case "datetime":
    case "datetimezone":
    case "time":
      return toT(t.n, v, c);
    case "duration":
      if (v instanceof T) return v;
      if (typeof v === "number") return new T("duration", v * DAY);
      break;
    case "any":
    case "anynonnull":
      return v;
    case "binary":
    case "list":
    case "record":
    case "table":
    case "function":
    case "type":
      if (kind(v) === t.n) return v;
  }
  throw exprErr(`We cannot convert a value of type ${cap(kind(v))} to type ${cap(t.n)}.`);
}

// ---------- library
const noArg = (a, i, what) => {
  if (F(a[i] ?? null) !== null) throw new Unsupported(what);
};
export const LIB = {};
const L = (n, min, max, f) => {
  for (const x of [n].flat()) {
    LIB[x] = f;
    GLOBAL.set(x, new Fn(min, max, f, x));
  }
};
const GLOBAL = new Map();
const K = (n, v) => GLOBAL.set(n, v);
const ANY = new Ty("any", true);
const col = (n, t = ANY) => ({ n, t });
const keyFn = (a) => {
  a = F(a ?? null);
  return a instanceof Fn ? (x) => a.apply([x]) : (x) => x;
};
const mk = (names, rows) =>
  new Tab(
    names.map((n) => (typeof n === "string" ? col(n) : n)),
    rows,
  );
const missing = (m) => F(m ?? 0) ?? 0;
let NOW = new Date(process.env.MEVAL_NOW ?? Date.now());
for (const [n, t, al] of [
  ["Any", "any"],
  ["Binary", "binary"],
  ["Date", "date"],
  ["DateTime", "datetime"],
  ["DateTimeZone", "datetimezone"],
  ["Duration", "duration"],
  ["Function", "function"],
  ["List", "list"],
  ["Logical", "logical"],
  ["None", "none"],
  ["Null", "null"],
  ["Number", "number"],
  ["Record", "record"],
  ["Table", "table"],
  ["Text", "text"],
  ["Time", "time"],
  ["Type", "type"],
])
  K(n + ".Type", new Ty(t, t === "any"));
for (const n of ["Int64", "Int32", "Int16", "Int8", "Byte", "Currency", "Percentage", "Decimal", "Double", "Single"]) {
  K(n + ".Type", new Ty("number", false, { alias: n + ".Type" }));
  L(n + ".From", 1, 3, (a) => {
    const md = F(a[2] ?? null);
    if (md !== null && F(a[0]) !== null && (INTS.has(n + ".Type") || n === "Currency"))
      return rnd(toNum(a[0], a[1]), n === "Currency" ? 4 : 0, md);
    return conv(a[0], new Ty("number", false, { alias: n + ".Type" }), a[1]);
  });
}
K("Guid.Type", new Ty("text", false, { alias: "Guid.Type" }));
K("Uri.Type", new Ty("text"));
Object.entries({
  "JoinKind.Inner": 0,
  "JoinKind.LeftOuter": 1,
  "JoinKind.RightOuter": 2,
  "JoinKind.FullOuter": 3,
  "JoinKind.LeftAnti": 4,
  "JoinKind.RightAnti": 5,
  "JoinKind.LeftSemi": 6,
  "JoinKind.RightSemi": 7,
  "Order.Ascending": 0,
  "Order.Descending": 1,
  "MissingField.Error": 0,
  "MissingField.Ignore": 1,
  "MissingField.UseNull": 2,
  "GroupKind.Local": 0,
  "GroupKind.Global": 1,
  "RoundingMode.Up": "up",
  "RoundingMode.Down": "down",
  "RoundingMode.AwayFromZero": "away",
  "RoundingMode.TowardZero": "zero",
  "RoundingMode.ToEven": "even",
  "Occurrence.First": 0,
  "Occurrence.Last": 1,
  "Occurrence.All": 2,
  "Day.Sunday": 0,
  "Day.Monday": 1,
  "Day.Tuesday": 2,
  "Day.Wednesday": 3,
  "Day.Thursday": 4,
  "Day.Friday": 5,
  "Day.Saturday": 6,
  "ODataOmitValues.Nulls": "nulls",
  "Culture.Current": "en-US",
  "Number.PI": Math.PI,
  "Number.Epsilon": 4.94065645841247e-324,
  "Number.NaN": NaN,
  "Number.PositiveInfinity": Infinity,
  "Number.NegativeInfinity": -Infinity,
  "ExtraValues.List": 0,
  "ExtraValues.Error": 1,
  "ExtraValues.Ignore": 2,
  "QuoteStyle.None": 0,
  "QuoteStyle.Csv": 1,
  "TextEncoding.Utf8": 65001,
  "BinaryEncoding.Base64": 0,
  "BinaryEncoding.Hex": 1,
  "JoinAlgorithm.Dynamic": 0,
  "JoinAlgorithm.LeftHash": 3,
  "JoinAlgorithm.RightHash": 4,
  "JoinAlgorithm.SortMerge": 2,
  "JoinAlgorithm.PairwiseHash": 1,
}).forEach(([k, v]) => K(k, v));
L("Comparer.Ordinal", 2, 2, (a) => cmp(a[0], a[1]));
L("Comparer.OrdinalIgnoreCase", 2, 2, (a) =>
  cmp(txt(a[0], 1)?.toUpperCase() ?? null, txt(a[1], 1)?.toUpperCase() ?? null),
);
L("Comparer.FromCulture", 1, 2, (a) => {
  const ic = F(a[1] ?? false);
  return new Fn(2, 2, (b) => {
    if (!ic) throw new Unsupported("culture-aware comparison");
    return LIB["Comparer.OrdinalIgnoreCase"](b);
  });
});
const ceq = (c) => {
  c = F(c ?? null);
  return c === null
    ? eq
    : (x, y) => {
        const r = F(c.apply([x, y]));
        return r === 0 || r === true;
      };
};
// constructors
L("#date", 3, 3, (a) => {
  const [y, m, d] = a.map((x) => num(x)),
    t = new T("date", Date.UTC(y, m - 1, d));
  const p = parts(t);
  if (p.y !== y || p.M !== m || p.d !== d) throw exprErr("The Date value must contain a valid date.");
  return t;
});
L("#datetime", 6, 6, (a) => {
  const [y, m, d, H, M, S] = a.map((x) => num(x));
  return new T("datetime", Date.UTC(y, m - 1, d, H, M) + S * 1e3);
});
L("#datetimezone", 8, 8, (a) => {
  const [y, m, d, H, M, S, oh, om] = a.map((x) => num(x));
  const off = oh * 60 + om;
  return new T("datetimezone", Date.UTC(y, m - 1, d, H, M) + S * 1e3 - off * 6e4, off);
});
L("#time", 3, 3, (a) => new T("time", num(a[0]) * 36e5 + num(a[1]) * 6e4 + num(a[2]) * 1e3));
L("#duration", 4, 4, (a) => new T("duration", num(a[0]) * DAY + num(a[1]) * 36e5 + num(a[2]) * 6e4 + num(a[3]) * 1e3));
L("#binary", 1, 1, (a) => {
  const v = F(a[0]);
  return new Bin(Array.isArray(v) ? Buffer.from(v.map(F)) : Buffer.from(v, "base64"));
});
L("#table", 2, 2, (a) => {
  const c = F(a[0]);
  const cols =
    c instanceof Ty
      ? c.fields.map((f) => col(f.n, f.t))
      : c === null
        ? null
        : typeof c === "number"
          ? Array.from({ length: c }, (_, i) => col("Column" + (i + 1)))
          : strs(c).map((n) => col(n));
  if (c === null) throw new Unsupported("#table(null, ..)");
  const rows = lst(a[1]).map((r) => {
    const v = F(r);
    return v instanceof Rec ? cols.map((x) => (v.has(x.n) ? v.m.get(x.n) : null)) : lst(v);
  });
  return new Tab(cols ?? [], rows);
});
// values, types, records, functions, errors
L("Value.Type", 1, 1, (a) => {
  const v = F(a[0]);
  return v instanceof Tab
    ? new Ty("table", false, { fields: v.cols.map((c) => ({ n: c.n, t: c.t })) })
    : v instanceof Rec
      ? new Ty("record", false, { fields: v.keys().map((k) => ({ n: k, t: ANY })) })
      : new Ty(kind(v), v === null);
});
L("Value.ReplaceType", 2, 2, (a) => {
  const v = F(a[0]),
    t = F(a[1]);
  if (v instanceof Tab && t.fields)
    return new Tab(
      v.cols.map((c, i) => col(t.fields[i]?.n ?? c.n, t.fields[i]?.t ?? c.t)),
      v._r,
    );
  return v;
});
L("Value.Is", 2, 2, (a) => isType(a[0], F(a[1])));
L("Value.As", 2, 2, (a) => as(a[0], F(a[1])));
L("Value.Equals", 2, 3, (a) => eq(a[0], a[1]));
L("Value.Compare", 2, 3, (a) => Math.sign(cmp(a[0], a[1])));
L("Value.FromText", 1, 2, (a) => {
  const s = txt(a[0], 1);
  try {
    return toNum(s, a[1]);
  } catch {
    const p = s && pdate(s, a[1]);
    return p ? new T("datetime", p.ms) : s === "true" ? true : s === "false" ? false : s;
  }
});
L("Value.Metadata", 1, 1, (a) => metas.get(F(a[0])) ?? new Rec());
L("Value.ReplaceMetadata", 2, 2, (a) => wm(F(a[0]), F(a[1])));
L("Value.RemoveMetadata", 1, 2, (a) => F(a[0]));
L("Type.Is", 2, 2, (a) => {
  const x = F(a[0]),
    y = F(a[1]);
  return y.n === "any" || (x.n === y.n && (!x.nullable || y.nullable));
});
L("Type.IsNullable", 1, 1, (a) => F(a[0]).nullable);
L("Type.NonNullable", 1, 1, (a) => {
  const t = F(a[0]);
  return new Ty(t.n, false, { ...t, nullable: false });
});
L(
  "Type.ForRecord",
  2,
  2,
  (a) =>
    new Ty("record", false, {
      fields: rec(a[0])
        .keys()
        .map((k) => {
          const f = rec(a[0]).get(k);
          return { n: k, t: f.get("Type"), o: f.get("Optional") };
        }),
    }),
);
L("Function.Invoke", 2, 2, (a) => fn(a[0]).apply(lst(a[1])));
L("Function.From", 2, 2, (a) => new Fn(0, 99, (b) => fn(a[1]).apply([b])));
L(
  "Error.Record",
  1,
  5,
  (a) =>
    new Rec(
      new Map([
        ["Reason", F(a[0])],
        ["Message", F(a[1] ?? null)],
        ["Detail", F(a[2] ?? null)],
      ]),
    ),
);
L("Diagnostics.Trace", 3, 4, (a) => {
  const v = F(a[2]);
  return F(a[3] ?? false) ? fn(v).apply([]) : v;
});
const recList = (v) => {
  v = F(v);
  return v.length && Array.isArray(F(v[0])) ? v.map((x) => lst(x)) : [lst(v)];
};
L("Record.Field", 2, 2, (a) => {
  const r = rec(a[0]),
    k = txt(a[1]);
  if (!r.has(k)) throw exprErr(`The field '${k}' of the record wasn't found.`);
  return r.get(k);
});
L("Record.FieldOrDefault", 2, 3, (a) => {
  const r = F(a[0]);
  return r !== null && rec(r).has(txt(a[1])) ? r.get(txt(a[1])) : F(a[2] ?? null);
});
L("Record.FieldNames", 1, 1, (a) => rec(a[0]).keys());
L(["Record.FieldValues", "Record.ToList"], 1, 1, (a) => [...rec(a[0]).m.values()]);
L("Record.FieldCount", 1, 1, (a) => rec(a[0]).m.size);
L("Record.HasFields", 2, 2, (a) => strs(a[1]).every((k) => rec(a[0]).has(k)));
L(
  "Record.AddField",
  3,
  4,
  (a) => new Rec(new Map([...rec(a[0]).m, [txt(a[1]), F(a[3] ?? false) ? new Thunk(() => fn(a[2]).apply([])) : a[2]]])),
);
L("Record.Combine", 1, 1, (a) => new Rec(new Map(lst(a[0]).flatMap((r) => [...rec(r).m]))));
L("Record.RemoveFields", 2, 3, (a) => {
  const m = new Map(rec(a[0]).m);
  for (const k of strs(a[1])) {
    if (!m.has(k) && !missing(a[2])) throw exprErr(`The field '${k}' of the record wasn't found.`);
    m.delete(k);
  }
  return new Rec(m);
});
L(
  "Record.SelectFields",
  2,
  3,
  (a) =>
    new Rec(
      new Map(
        strs(a[1])
          .filter((k) => rec(a[0]).has(k) || missing(a[2]) !== 1)
          .map((k) => {
            if (!rec(a[0]).has(k) && !missing(a[2])) throw exprErr(`The field '${k}' of the record wasn't found.`);
            return [k, rec(a[0]).m.get(k) ?? null];
          }),
      ),
    ),
);
L("Record.RenameFields", 2, 3, (a) => {
  const mp = new Map(recList(a[1]).map((p) => p.map(F)));
  return new Rec(new Map([...rec(a[0]).m].map(([k, v]) => [mp.get(k) ?? k, v])));
});
L("Record.TransformFields", 2, 3, (a) => {
  const m = new Map(rec(a[0]).m);
  for (const [k, f] of recList(a[1])) {
    const n = F(k),
      o = m.get(n);
    m.set(n, new Thunk(() => fn(f).apply([o])));
  }
  return new Rec(m);
});
L("Record.ReorderFields", 2, 3, (a) => {
  noArg(a, 2, "MissingField");
  const o = strs(a[1]),
    q = [...o],
    r = rec(a[0]);
  return new Rec(
    new Map(
      r.keys().map((k) => {
        const n = o.includes(k) ? q.shift() : k;
        return [n, r.m.get(n)];
      }),
    ),
  );
});
L("Record.FromList", 2, 2, (a) => {
  const f = F(a[1]),
    n = f instanceof Ty ? f.fields.map((x) => x.n) : strs(f);
  return new Rec(new Map(n.map((k, i) => [k, lst(a[0])[i]])));
});
L(
  "Record.FromTable",
  1,
  1,
  (a) => new Rec(new Map(tab(a[0]).rows.map((r) => [F(r[tab(a[0]).idx("Name")]), r[tab(a[0]).idx("Value")]]))),
);
L("Record.ToTable", 1, 1, (a) =>
  mk(
    ["Name", "Value"],
    [...rec(a[0]).m].map(([k, v]) => [k, v]),
  ),
);
// lists
const ord = (v, d) => {
  const f = keyFn(v);
  return (x, y) => d * cmp(f(x), f(y));
};
function sorter(c) {
  c = F(c ?? null);
  if (c === null || c === 0) return (x, y) => cmp(x, y);
  if (c === 1) return (x, y) => -cmp(x, y);
  if (c instanceof Fn) return c.max === 1 ? (x, y) => cmp(c.apply([x]), c.apply([y])) : (x, y) => num(c.apply([x, y]));
  const l = lst(c).map(F);
  if (l.length === 2 && (l[1] === 0 || l[1] === 1)) {
    const s = sorter(l[0]);
    return l[1] ? (x, y) => -s(x, y) : s;
  }
  const ss = l.map(sorter);
  return (x, y) => {
    for (const s of ss) {
      const r = s(x, y);
      if (r) return r;
    }
    return 0;
  };
}
L("List.Transform", 2, 2, (a) => lst(a[0]).map((x) => new Thunk(() => F(fn(a[1]).apply([x])))));
L("List.Select", 2, 2, (a) => lst(a[0]).filter((x) => F(fn(a[1]).apply([x])) === true));
L("List.Sum", 1, 2, (a) => {
  const v = lst(a[0])
    .map(F)
    .filter((x) => x !== null);
  return v.length ? v.reduce((x, y) => bin("+", x, y)) : null;
});
L("List.Product", 1, 2, (a) => {
  const v = lst(a[0])
    .map(F)
    .filter((x) => x !== null);
  return v.length ? v.reduce((x, y) => x * y, 1) : null;
});
L("List.Average", 1, 2, (a) => {
  const v = lst(a[0])
    .map(F)
    .filter((x) => x !== null);
  if (v[0] instanceof T) return new T(v[0].k, v.reduce((x, y) => x + y.ms, 0) / v.length, v[0].off);
  return v.length ? v.reduce((x, y) => x + y) / v.length : null;
});
for (const [n, d] of [
  ["Max", 1],
  ["Min", -1],
])
  L("List." + n, 1, 4, (a) => {
    noArg(a, 2, "List." + n + " comparison criteria");
    const v = lst(a[0])
      .map(F)
      .filter((x) => x !== null);
    return v.length ? v.reduce((x, y) => (d * cmp(y, x) > 0 ? y : x)) : F(a[1] ?? null);
  });
L("List.Median", 1, 2, (a) => {
  const v = lst(a[0])
    .map(F)
    .filter((x) => x !== null)
    .sort(cmp);
  return v.length ? (v.length % 2 ? v[(v.length - 1) / 2] : (v[v.length / 2 - 1] + v[v.length / 2]) / 2) : null;
});
L("List.StandardDeviation", 1, 2, (a) => {
  const v = lst(a[0])
      .map(F)
      .filter((x) => x !== null),
    m = v.reduce((x, y) => x + y, 0) / v.length;
  return v.length < 2 ? null : Math.sqrt(v.reduce((s, x) => s + (x - m) ** 2, 0) / (v.length - 1));
});
L("List.Count", 1, 1, (a) => lst(a[0]).length);
L("List.NonNullCount", 1, 1, (a) => lst(a[0]).filter((x) => F(x) !== null).length);
L("List.IsEmpty", 1, 1, (a) => lst(a[0]).length === 0);
L("List.Distinct", 1, 2, (a) => {
  if (Array.isArray(F(a[1] ?? null))) throw new Unsupported("List.Distinct criteria list");
  const s = new Set();
  return lst(a[0]).filter((x) => {
    const k = key(
      F(a[1] ?? null) instanceof Fn && F(a[1]).max === 1
        ? F(a[1]).apply([x])
        : F(a[1] ?? null) === GLOBAL.get("Comparer.OrdinalIgnoreCase")
          ? (txt(x, 1)?.toUpperCase() ?? null)
          : x,
    );
    if (s.has(k)) return false;
    s.add(k);
    return true;
  });
});
L("List.IsDistinct", 1, 2, (a) => LIB["List.Distinct"](a).length === lst(a[0]).length);
L("List.Sort", 1, 2, (a) => [...lst(a[0])].sort(sorter(a[1])));
L("List.Reverse", 1, 1, (a) => [...lst(a[0])].reverse());
L("List.First", 1, 2, (a) => (lst(a[0]).length ? F(lst(a[0])[0]) : F(a[1] ?? null)));
L("List.Last", 1, 2, (a) => (lst(a[0]).length ? F(lst(a[0]).at(-1)) : F(a[1] ?? null)));
const take = (l, c) => {
  c = F(c ?? 1);
  if (c instanceof Fn) {
    const i = l.findIndex((x) => F(c.apply([x])) !== true);
    return i < 0 ? l.length : i;
  }
  return num(c);
};
L("List.FirstN", 2, 2, (a) => lst(a[0]).slice(0, take(lst(a[0]), a[1])));
L("List.LastN", 1, 2, (a) => {
  const n = num(a[1] ?? 1);
  return n ? lst(a[0]).slice(-n) : [];
});
L("List.Skip", 1, 2, (a) => lst(a[0]).slice(take(lst(a[0]), a[1])));
L("List.RemoveFirstN", 1, 2, (a) => lst(a[0]).slice(take(lst(a[0]), a[1])));
L("List.RemoveLastN", 1, 2, (a) => lst(a[0]).slice(0, Math.max(0, lst(a[0]).length - num(a[1] ?? 1))));
L("List.Range", 2, 3, (a) => lst(a[0]).slice(num(a[1]), F(a[2] ?? null) === null ? undefined : num(a[1]) + num(a[2])));
L("List.Combine", 1, 1, (a) => lst(a[0]).flatMap((x) => lst(x)));
L("List.Contains", 2, 3, (a) => lst(a[0]).some((x) => ceq(a[2])(x, a[1])));
L("List.ContainsAny", 2, 3, (a) => lst(a[1]).some((v) => lst(a[0]).some((x) => ceq(a[2])(x, v))));
L("List.ContainsAll", 2, 3, (a) => lst(a[1]).every((v) => lst(a[0]).some((x) => ceq(a[2])(x, v))));
L("List.PositionOf", 2, 4, (a) => {
  const o = F(a[2] ?? 0),
    p = lst(a[0]).flatMap((x, i) => (ceq(a[3])(x, a[1]) ? [i] : []));
  return o === 2 ? p : p.length ? (o === 1 ? p.at(-1) : p[0]) : -1;
});
L("List.Positions", 1, 1, (a) => lst(a[0]).map((_, i) => i));
L("List.RemoveNulls", 1, 1, (a) => lst(a[0]).filter((x) => F(x) !== null));
L("List.RemoveItems", 2, 2, (a) => lst(a[0]).filter((x) => !lst(a[1]).some((y) => eq(x, y))));
L("List.Difference", 2, 3, (a) => lst(a[0]).filter((x) => !lst(a[1]).some((y) => ceq(a[2])(x, y))));
L("List.Intersect", 1, 2, (a) => {
  const l = lst(a[0]).map((x) => lst(x));
  return l[0].filter((x) => l.slice(1).every((m) => m.some((y) => ceq(a[1])(x, y))));
});
L("List.Union", 1, 2, (a) => LIB["List.Distinct"]([lst(a[0]).flatMap((x) => lst(x))]));
L("List.Zip", 1, 1, (a) => {
  const l = lst(a[0]).map((x) => lst(x));
  return Array.from({ length: Math.max(0, ...l.map((x) => x.length)) }, (_, i) => l.map((x) => x[i] ?? null));
});
L("List.Repeat", 2, 2, (a) => Array.from({ length: num(a[1]) }, () => lst(a[0])).flat());
L("List.Split", 2, 2, (a) => {
  const o = [],
    l = lst(a[0]),
    n = num(a[1]);
  for (let i = 0; i < l.length; i += n) o.push(l.slice(i, i + n));
  return o;
});
L("List.Buffer", 1, 1, (a) => lst(a[0]));
L("List.Accumulate", 3, 3, (a) => lst(a[0]).reduce((s, x) => F(fn(a[2]).apply([s, x])), F(a[1])));
L("List.AnyTrue", 1, 1, (a) => lst(a[0]).some((x) => F(x) === true));
L("List.AllTrue", 1, 1, (a) => lst(a[0]).every((x) => F(x) === true));
L("List.MatchesAll", 2, 2, (a) => lst(a[0]).every((x) => F(fn(a[1]).apply([x])) === true));
L("List.MatchesAny", 2, 2, (a) => lst(a[0]).some((x) => F(fn(a[1]).apply([x])) === true));
L("List.TransformMany", 3, 3, (a) =>
  lst(a[0]).flatMap((x) => lst(fn(a[1]).apply([x])).map((y) => F(fn(a[2]).apply([x, y])))),
);
L("List.ReplaceValue", 4, 4, (a) => lst(a[0]).map((x) => F(fn(a[3]).apply([x, a[1], a[2]]))));
L("List.Numbers", 2, 3, (a) => Array.from({ length: num(a[1]) }, (_, i) => num(a[0]) + i * num(a[2] ?? 1)));
for (const k of ["Dates", "DateTimes", "Durations"])
  L("List." + k, 3, 3, (a) =>
    Array.from({ length: num(a[1]) }, (_, i) => new T(F(a[0]).k, F(a[0]).ms + i * F(a[2]).ms)),
  );
L("List.Generate", 3, 4, (a) => {
  const out = [];
  let s = F(fn(a[0]).apply([])),
    i = 0;
  while (F(fn(a[1]).apply([s])) === true) {
    const c = s;
    out.push(F(a[3] ?? null) === null ? c : new Thunk(() => F(fn(a[3]).apply([c]))));
    s = F(fn(a[2]).apply([s]));
    if (++i > 1e6) throw new Unsupported("List.Generate > 1e6");
  }
  return out;
});
L("List.Single", 1, 1, (a) => {
  if (lst(a[0]).length !== 1)
    throw exprErr("There were too many elements in the enumeration to complete the operation.");
  return F(lst(a[0])[0]);
});
L("List.SingleOrDefault", 1, 2, (a) => (lst(a[0]).length === 1 ? F(lst(a[0])[0]) : F(a[1] ?? null)));
// text
const T1 = (n, f) =>
  L(n, 1, 3, (a) => {
    const s = txt(a[0], 1);
    return s === null ? null : f(s, ...a.slice(1));
  });
const chars = (v, d) => {
  v = F(v ?? null);
  return v === null ? d : typeof v === "string" ? [v] : lst(v).map(F);
};
const trim = (s, ch, st, en) => {
  const c = new Set(ch);
  let i = 0,
    j = s.length;
  const w = (x) => (ch ? c.has(x) : /\s/.test(x));
  if (st) while (i < j && w(s[i])) i++;
  if (en) while (j > i && w(s[j - 1])) j--;
  return s.slice(i, j);
};
T1("Text.Upper", (s) => s.toUpperCase());
T1("Text.Lower", (s) => s.toLowerCase());
T1("Text.Proper", (s) => s.toLowerCase().replace(/(^|[^\p{L}\p{N}'])(\p{L})/gu, (_, p, c) => p + c.toUpperCase()));
T1("Text.Trim", (s, c) => trim(s, chars(c), 1, 1));
T1("Text.TrimStart", (s, c) => trim(s, chars(c), 1, 0));
T1("Text.TrimEnd", (s, c) => trim(s, chars(c), 0, 1));
T1("Text.Length", (s) => s.length);
T1("Text.Clean", (s) => s.replace(/[\x00-\x1f]/g, ""));
T1("Text.Reverse", (s) => [...s].reverse().join(""));
T1("Text.ToList", (s) => [...s]);
T1("Text.Start", (s, n) => s.slice(0, num(n)));
T1("Text.End", (s, n) => (num(n) ? s.slice(-num(n)) : ""));
T1("Text.Middle", (s, i, n) => s.slice(num(i), F(n ?? null) === null ? undefined : num(i) + num(n)));
T1("Text.Range", (s, i, n) => s.slice(num(i), F(n ?? null) === null ? undefined : num(i) + num(n)));
T1("Text.At", (s, i) => s[num(i)]);
T1("Text.Select", (s, c) => [...s].filter((x) => chars(c).includes(x)).join(""));
T1("Text.Remove", (s, c) => [...s].filter((x) => !chars(c).includes(x)).join(""));
T1("Text.RemoveRange", (s, i, n) => s.slice(0, num(i)) + s.slice(num(i) + num(n ?? 1)));
T1("Text.Insert", (s, i, t) => s.slice(0, num(i)) + txt(t) + s.slice(num(i)));
T1("Text.Replace", (s, o, n) => s.split(txt(o)).join(txt(n)));
T1("Text.Repeat", (s, n) => s.repeat(num(n)));
T1("Text.PadStart", (s, n, c) => s.padStart(num(n), F(c ?? " ")));
T1("Text.PadEnd", (s, n, c) => s.padEnd(num(n), F(c ?? " ")));
T1("Text.Split", (s, d) => s.split(txt(d)));
T1("Text.SplitAny", (s, d) => s.split(new RegExp("[" + txt(d).replace(/[\\\]^-]/g, "\\$&") + "]")));
T1("Text.ToBinary", (s, e) =>
  F(e ?? 65001) !== 65001
    ? (() => {
        throw new Unsupported("encoding");
      })()
    : new Bin(Buffer.from(s)),
);
const ci = (c) =>
  F(c ?? null) === null ? (s) => s : F(c) === GLOBAL.get("Comparer.Ordinal") ? (s) => s : (s) => s.toUpperCase();
T1("Text.Contains", (s, t, c) => ci(c)(s).includes(ci(c)(txt(t))));
T1("Text.StartsWith", (s, t, c) => ci(c)(s).startsWith(ci(c)(txt(t))));
T1("Text.EndsWith", (s, t, c) => ci(c)(s).endsWith(ci(c)(txt(t))));
T1("Text.PositionOf", (s, t, o) => (F(o ?? 0) === 1 ? s.lastIndexOf(txt(t)) : s.indexOf(txt(t))));
T1("Text.BeforeDelimiter", (s, d, n) => {
  noArg([n], 0, "Text.BeforeDelimiter index");
  const i = s.indexOf(txt(d));
  return i < 0 ? s : s.slice(0, i);
});
T1("Text.AfterDelimiter", (s, d, n) => {
  noArg([n], 0, "Text.AfterDelimiter index");
  const i = s.indexOf(txt(d));
  return i < 0 ? "" : s.slice(i + txt(d).length);
});
T1("Text.BetweenDelimiters", (s, x, y) => {
  const i = s.indexOf(txt(x));
  if (i < 0) return "";
  const r = s.slice(i + txt(x).length),
    j = r.indexOf(txt(y));
  return j < 0 ? "" : r.slice(0, j);
});
L("Text.From", 1, 2, (a) => toText(a[0], null, a[1]));
L("Text.Combine", 1, 2, (a) =>
  lst(a[0])
    .map((x) => txt(x, 1))
    .filter((x) => x !== null)
    .join(F(a[1] ?? "") ?? ""),
);
L("Text.Format", 2, 3, (a) => {
  const v = F(a[1]);
  return txt(a[0]).replace(
    /#\{(\d+)\}|#\[([^\]]+)\]/g,
    (_, i, f) => toText(i !== undefined ? v[+i] : v.get(f), null, a[2]) ?? "",
  );
});
L("Text.NewGuid", 0, 0, () => crypto.randomUUID());
L("Character.FromNumber", 1, 1, (a) => String.fromCodePoint(num(a[0])));
L("Character.ToNumber", 1, 1, (a) => txt(a[0]).codePointAt(0));
L("Text.FromBinary", 1, 2, (a) => {
  const e = F(a[1] ?? null);
  if (e !== null && e !== 65001) throw new Unsupported("encoding " + e);
  return F(a[0]).b.toString("utf8");
});
L("Uri.EscapeDataString", 1, 1, (a) => encodeURIComponent(txt(a[0])));
L("Uri.Combine", 2, 2, (a) => new URL(txt(a[1]), txt(a[0])).href);
L("Uri.BuildQueryString", 1, 1, (a) =>
  rec(a[0])
    .keys()
    .map((k) => encodeURIComponent(k) + "=" + encodeURIComponent(rec(a[0]).get(k)))
    .join("&"),
);
L("Guid.From", 1, 1, (a) => {
  const g = txt(a[0], 1);
  if (g === null) return null;
  const h = g.toLowerCase().replace(/[^0-9a-f]/g, "");
  if (h.length !== 32) throw fmtErr("The Guid value is not valid.", g);
  return h.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
});
L("Logical.From", 1, 1, (a) => conv(a[0], new Ty("logical")));
L("Logical.ToText", 1, 1, (a) => toText(a[0]));
L("Json.Document", 1, 2, (a) => fromJson(JSON.parse(F(a[0]) instanceof Bin ? F(a[0]).b.toString("utf8") : txt(a[0]))));
L("Json.FromValue", 1, 2, (a) => new Bin(Buffer.from(JSON.stringify(toJson(F(a[0]))))));
L("Binary.FromText", 1, 2, (a) => new Bin(Buffer.from(txt(a[0]), F(a[1] ?? 0) === 1 ? "hex" : "base64")));
L("Binary.ToText", 1, 2, (a) => F(a[0]).b.toString(F(a[1] ?? 0) === 1 ? "hex" : "base64"));
L("Binary.Buffer", 1, 1, (a) => F(a[0]));
export const fromJson = (j) =>
  Array.isArray(j)
    ? j.map(fromJson)
    : j && typeof j === "object"
      ? new Rec(new Map(Object.entries(j).map(([k, v]) => [k, fromJson(v)])))
      : j;
// numbers
L("Number.From", 1, 2, (a) => toNum(a[0], a[1]));
L("Number.FromText", 1, 2, (a) => toNum(txt(a[0], 1), a[1]));
L("Number.ToText", 1, 3, (a) => toText(a[0], a[1], a[2]));
const N1 = (n, f) =>
  L("Number." + n, 1, 3, (a) => {
    const x = num(a[0], 1);
    return x === null ? null : f(x, ...a.slice(1));
  });
N1("Round", (x, d, m) => rnd(x, F(d ?? 0) ?? 0, F(m ?? null) ?? "even"));
N1("RoundUp", (x, d) => {
  const p = 10 ** (F(d ?? 0) ?? 0);
  return Math.ceil(x * p) / p;
});
N1("RoundDown", (x, d) => {
  const p = 10 ** (F(d ?? 0) ?? 0);
  return Math.floor(x * p) / p;
});
N1("RoundTowardZero", (x, d) => {
  const p = 10 ** (F(d ?? 0) ?? 0);
  return Math.trunc(x * p) / p;
});
N1("RoundAwayFromZero", (x, d) => {
  const p = 10 ** (F(d ?? 0) ?? 0);
  return (Math.sign(x) * Math.ceil(Math.abs(x) * p)) / p;
});
N1("Abs", Math.abs);
N1("Sign", Math.sign);
N1("Sqrt", Math.sqrt);
N1("Exp", Math.exp);
N1("Ln", Math.log);
N1("Log10", Math.log10);
N1("IsNaN", Number.isNaN);
N1("IsEven", (x) => x % 2 === 0);
N1("IsOdd", (x) => x % 2 !== 0);
N1("Power", (x, y) => x ** num(y));
N1("Mod", (x, y, p) =>
  p !== undefined
    ? (() => {
        throw new Unsupported("Precision");
      })()
    : x - num(y) * Math.floor(x / num(y)),
);
N1("IntegerDivide", (x, y) => Math.trunc(x / num(y)));
// dates
const D1 = (n, f, mx = 3) =>
  L(n, 1, mx, (a) => {
    const t = F(a[0]);
    if (t === null) return null;
    if (!(t instanceof T)) throw exprErr(`We cannot convert a value of type ${cap(kind(t))} to type Date.`);
    return f(t, ...a.slice(1));
  });
const setD = (t, y, m, d) => new T(t.k, Date.UTC(y, m, d) + (((t.ms % DAY) + DAY) % DAY), t.off);
const addM = (t, n) => {
  const p = parts(t),
    y = p.y,
    m = p.M - 1 + n,
    last = new Date(Date.UTC(y, m + 1, 0)).getUTCDate();
  return setD(t, y, m, Math.min(p.d, last));
};
const end = (t, ms) => (t.k === "date" ? new T("date", ms - DAY) : new T(t.k, ms - 1, t.off));
const sod = (t) => Math.floor(t.ms / DAY) * DAY;
D1("Date.Year", (t) => parts(t).y);
D1("Date.Month", (t) => parts(t).M);
D1("Date.Day", (t) => parts(t).d);
D1("Date.DayOfYear", (t) => Math.round((Math.floor(t.ms / DAY) * DAY - Date.UTC(parts(t).y, 0, 1)) / DAY) + 1);
D1("Date.QuarterOfYear", (t) => Math.ceil(parts(t).M / 3));
const fdw = (f) => {
  f = F(f ?? null);
  if (f === null) throw new Unsupported("first day of week omitted: culture-dependent, pass Day.Monday");
  return f;
};
D1("Date.DayOfWeek", (t, f) => (parts(t).w - fdw(f) + 7) % 7);
D1("Date.DaysInMonth", (t) => new Date(Date.UTC(parts(t).y, parts(t).M, 0)).getUTCDate());
D1("Date.IsLeapYear", (t) => new Date(Date.UTC(parts(t).y, 2, 0)).getUTCDate() === 29);
D1("Date.AddDays", (t, n) => new T(t.k, t.ms + num(n) * DAY, t.off));
D1("Date.AddWeeks", (t, n) => new T(t.k, t.ms + num(n) * 7 * DAY, t.off));
D1("Date.AddMonths", (t, n) => addM(t, num(n)));
D1("Date.AddQuarters", (t, n) => addM(t, 3 * num(n)));
D1("Date.AddYears", (t, n) => addM(t, 12 * num(n)));
D1("Date.StartOfDay", (t) => new T(t.k, sod(t), t.off));
D1("Date.EndOfDay", (t) => (t.k === "date" ? t : new T(t.k, sod(t) + DAY - 1, t.off)));
D1("Date.StartOfMonth", (t) => new T(t.k, Date.UTC(parts(t).y, parts(t).M - 1, 1), t.off));
D1("Date.EndOfMonth", (t) => end(t, Date.UTC(parts(t).y, parts(t).M, 1)));
D1("Date.StartOfYear", (t) => new T(t.k, Date.UTC(parts(t).y, 0, 1), t.off));
D1("Date.EndOfYear", (t) => end(t, Date.UTC(parts(t).y + 1, 0, 1)));
D1("Date.StartOfQuarter", (t) => new T(t.k, Date.UTC(parts(t).y, 3 * Math.floor((parts(t).M - 1) / 3), 1), t.off));
D1("Date.EndOfQuarter", (t) => end(t, Date.UTC(parts(t).y, 3 * Math.floor((parts(t).M - 1) / 3) + 3, 1)));
D1("Date.StartOfWeek", (t, f) => new T(t.k, sod(t) - ((parts(t).w - fdw(f) + 7) % 7) * DAY, t.off));
D1("Date.EndOfWeek", (t, f) => end(t, sod(t) + (7 - ((parts(t).w - fdw(f) + 7) % 7)) * DAY));
D1("Date.MonthName", (t, c) => cul(c).months[parts(t).M - 1]);
D1("Date.DayOfWeekName", (t, c) => cul(c).days[parts(t).w]);
D1("Date.WeekOfYear", (t, f) => {
  const s = fdw(f),
    j = new Date(Date.UTC(parts(t).y, 0, 1)).getUTCDay();
  return Math.floor((LIB["Date.DayOfYear"]([t]) - 1 + ((j - s + 7) % 7)) / 7) + 1;
});
for (const k of ["Date", "DateTime", "DateTimeZone", "Time"]) {
  L([k + ".From", k + ".FromText"], 1, 2, (a) => toT(k.toLowerCase(), a[0], F(a[1] ?? null)));
  L(k + ".ToText", 1, 3, (a) => toText(a[0], a[1], a[2]));
}
L("Date.ToRecord", 1, 1, (a) => {
  const p = parts(F(a[0]));
  return new Rec(
    new Map([
      ["Year", p.y],
      ["Month", p.M],
      ["Day", p.d],
    ]),
  );
});
L("DateTime.Date", 1, 1, (a) => toT("date", a[0]));
L("DateTime.Time", 1, 1, (a) => toT("time", a[0]));
L(["DateTime.LocalNow", "DateTime.FixedLocalNow"], 0, 0, () => new T("datetime", NOW.getTime()));
L(
  ["DateTimeZone.UtcNow", "DateTimeZone.FixedUtcNow", "DateTimeZone.LocalNow", "DateTimeZone.FixedLocalNow"],
  0,
  0,
  () => new T("datetimezone", NOW.getTime(), 0),
);
L("DateTime.AddZone", 2, 3, (a) => {
  const t = F(a[0]);
  if (t === null) return null;
  const o = num(a[1]) * 60 + num(a[2] ?? 0);
  return new T("datetimezone", t.ms - o * 6e4, o);
});
D1("DateTimeZone.RemoveZone", (t) => new T("datetime", t.ms + t.off * 6e4));
D1("DateTimeZone.ToUtc", (t) => new T("datetimezone", t.ms, 0));
D1("DateTimeZone.SwitchZone", (t, h, m) => new T("datetimezone", t.ms, num(h) * 60 + num(m ?? 0)));
D1("DateTimeZone.ToLocal", (t) => new T("datetimezone", t.ms, 0));
D1("Time.Hour", (t) => parts(t).H);
D1("Time.Minute", (t) => parts(t).m);
D1("Time.Second", (t) => parts(t).s);
for (const [n, u] of [
  ["Days", DAY],
  ["Hours", 36e5],
  ["Minutes", 6e4],
  ["Seconds", 1e3],
]) {
  D1("Duration.Total" + n, (t) => t.ms / u);
  D1("Duration." + n, (t) =>
    n === "Days" ? Math.trunc(t.ms / DAY) : Math.trunc(t.ms / u) % (n === "Hours" ? 24 : 60),
  );
}
L("Duration.From", 1, 1, (a) => conv(a[0], new Ty("duration")));
L("Duration.ToText", 1, 2, (a) => toText(a[0]));
for (const [u, st, add] of [
  ["Day", "StartOfDay", "AddDays"],
  ["Week", "StartOfWeek", "AddWeeks"],
  ["Month", "StartOfMonth", "AddMonths"],
  ["Quarter", "StartOfQuarter", "AddQuarters"],
  ["Year", "StartOfYear", "AddYears"],
]) {
  const S = (x) => LIB["Date." + st](u === "Week" ? [x, 0] : [x]),
    A = (x, n) => LIB["Date." + add]([x, n]);
  const rng = (lo, hi) => (t) => {
    const d = toT("date", t),
      s = S(new T("date", Math.floor(NOW.getTime() / DAY) * DAY));
    return d.ms >= A(s, lo).ms && d.ms < A(s, hi).ms;
  };
  D1("Date.IsInCurrent" + u, rng(0, 1));
  D1("Date.IsInPrevious" + u, rng(-1, 0));
  D1("Date.IsInNext" + u, rng(1, 2));
  D1(`Date.IsInPreviousN${u}s`, (t, n) => rng(-num(n), 0)(t));
  D1(`Date.IsInNextN${u}s`, (t, n) => rng(1, num(n) + 1)(t));
}
D1("Date.IsInYearToDate", (t) => {
  const d = toT("date", t),
    n = new T("date", Math.floor(NOW.getTime() / DAY) * DAY);
  return d.ms <= n.ms && parts(d).y === parts(n).y;
});
// tables
const rowFn = (t, f) => {
  f = fn(f);
  return (r) => F(f.apply([t.rec(r)]));
};
const SAME = (t, rows) => new Tab(t.cols, rows);
L("Table.SelectRows", 2, 2, (a) => {
  const t = tab(a[0]);
  return SAME(t, () => {
    const p = rowFn(t, a[1]);
    return t.rows.filter((r) => {
      const b = p(r);
      if (b === true) return true;
      if (b === false || b === null) return false;
      throw exprErr(`We cannot convert a value of type ${cap(kind(b))} to type Logical.`);
    });
  });
});
L("Table.SelectColumns", 2, 3, (a) => {
  const t = tab(a[0]),
    m = missing(a[2]),
    ns = strs(a[1]).filter((n) => m !== 1 || t.names().includes(n)),
    ix = ns.map((n) => (m === 2 && !t.names().includes(n) ? -1 : t.idx(n)));
  return new Tab(
    ix.map((i, j) => (i < 0 ? col(ns[j]) : t.cols[i])),
    () => t.rows.map((r) => ix.map((i) => (i < 0 ? null : r[i]))),
  );
});
L("Table.RemoveColumns", 2, 3, (a) => {
  const t = tab(a[0]),
    d = strs(a[1]);
  if (!missing(a[2])) d.forEach((n) => t.idx(n));
  const ix = t.cols.map((_, i) => i).filter((i) => !d.includes(t.cols[i].n));
  return new Tab(
    ix.map((i) => t.cols[i]),
    () => t.rows.map((r) => ix.map((i) => r[i])),
  );
});
L("Table.RenameColumns", 2, 3, (a) => {
  const t = tab(a[0]),
    mp = new Map(
      recList(a[1])
        .filter((p) => p.length)
        .map((p) => p.map(F)),
    );
  for (const k of mp.keys()) if (!t.names().includes(k) && !missing(a[2])) t.idx(k);
  const cols = t.cols.map((c) => col(mp.get(c.n) ?? c.n, c.t));
  const dup = cols.map((c) => c.n).find((n, i, l) => l.indexOf(n) !== i);
  if (dup !== undefined) throw exprErr(`The field '${dup}' already exists in the record.`, dup);
  return new Tab(cols, t._r);
});
L("Table.ReorderColumns", 2, 3, (a) => {
  const t = tab(a[0]),
    o = strs(a[1]).filter((n) => missing(a[2]) !== 1 || t.names().includes(n));
  const q = [...o];
  const ix = t.cols.map((c, i) => (o.includes(c.n) ? t.idx(q.shift()) : i));
  return new Tab(
    ix.map((i) => t.cols[i]),
    () => t.rows.map((r) => ix.map((i) => r[i])),
  );
});
L("Table.AddColumn", 3, 4, (a) => {
  const t = tab(a[0]),
    n = txt(a[1]);
  if (t.names().includes(n)) throw exprErr(`The field '${n}' already exists in the record.`, n);
  return new Tab([...t.cols, col(n, F(a[3] ?? null) ?? ANY)], () => {
    const f = fn(a[2]);
    return t.rows.map((r) => [...r, new Thunk(() => F(f.apply([t.rec(r)])))]);
  });
});
L("Table.AddIndexColumn", 2, 5, (a) => {
  const t = tab(a[0]);
  return new Tab([...t.cols, col(txt(a[1]), F(a[4] ?? null) ?? ANY)], () =>
    t.rows.map((r, i) => [...r, (F(a[2] ?? 0) ?? 0) + i * (F(a[3] ?? 1) ?? 1)]),
  );
});
L("Table.DuplicateColumn", 3, 4, (a) => {
  const t = tab(a[0]),
    i = t.idx(txt(a[1]));
  return new Tab([...t.cols, col(txt(a[2]), t.cols[i].t)], () => t.rows.map((r) => [...r, r[i]]));
});
L("Table.TransformColumnTypes", 2, 3, (a) => {
  const t = tab(a[0]),
    m = new Map(
      recList(a[1])
        .filter((p) => p.length)
        .map((p) => [t.idx(txt(p[0])), F(p[1])]),
    );
  return new Tab(
    t.cols.map((c, i) => (m.has(i) ? col(c.n, m.get(i)) : c)),
    () => t.rows.map((r) => r.map((v, i) => (m.has(i) ? new Thunk(() => conv(v, m.get(i), F(a[2] ?? null))) : v))),
  );
});
L("Table.TransformColumns", 2, 4, (a) => {
  if (missing(a[3]) === 2) throw new Unsupported("MissingField.UseNull here");
  const t = tab(a[0]),
    d = F(a[2] ?? null),
    m = new Map(
      recList(a[1])
        .filter((p) => p.length)
        .filter((p) => !missing(a[3]) || t.names().includes(F(p[0])))
        .map((p) => [t.idx(txt(p[0])), [fn(p[1]), F(p[2] ?? null)]]),
    );
  return new Tab(
    t.cols.map((c, i) => (m.has(i) ? col(c.n, m.get(i)[1] ?? ANY) : c)),
    () =>
      t.rows.map((r) =>
        r.map((v, i) =>
          m.has(i) ? new Thunk(() => F(m.get(i)[0].apply([v]))) : d ? new Thunk(() => F(d.apply([v]))) : v,
        ),
      ),
  );
});
L("Table.TransformColumnNames", 2, 3, (a) => {
  noArg(a, 2, "options");
  const t = tab(a[0]);
  return new Tab(
    t.cols.map((c) => col(F(fn(a[1]).apply([c.n])), c.t)),
    t._r,
  );
});
L("Table.TransformRows", 2, 2, (a) => {
  const t = tab(a[0]);
  return t.rows.map(rowFn(t, a[1]));
});
L("Table.RowCount", 1, 1, (a) => tab(a[0]).rows.length);
L("Table.ColumnCount", 1, 1, (a) => tab(a[0]).cols.length);
L("Table.ColumnNames", 1, 1, (a) => tab(a[0]).names());
L("Table.HasColumns", 2, 2, (a) => strs(a[1]).every((n) => tab(a[0]).names().includes(n)));
L("Table.IsEmpty", 1, 1, (a) => tab(a[0]).rows.length === 0);
L(["Table.Buffer", "Table.StopFolding"], 1, 2, (a) => tab(a[0]));
L("Table.Column", 2, 2, (a) => {
  const t = tab(a[0]),
    i = t.idx(txt(a[1]));
  return t.rows.map((r) => r[i]);
});
L("Table.First", 1, 2, (a) => (tab(a[0]).rows.length ? tab(a[0]).rec(tab(a[0]).rows[0]) : F(a[1] ?? null)));
L("Table.Last", 1, 2, (a) => (tab(a[0]).rows.length ? tab(a[0]).rec(tab(a[0]).rows.at(-1)) : F(a[1] ?? null)));
L("Table.FirstN", 2, 2, (a) => {
  const t = tab(a[0]);
  return SAME(
    t,
    t.rows.slice(
      0,
      take(
        t.rows.map((r) => t.rec(r)),
        a[1],
      ),
    ),
  );
});
L("Table.LastN", 2, 2, (a) => SAME(tab(a[0]), num(a[1]) ? tab(a[0]).rows.slice(-num(a[1])) : []));
L(["Table.Skip", "Table.RemoveFirstN"], 1, 2, (a) => {
  const t = tab(a[0]);
  return SAME(
    t,
    t.rows.slice(
      take(
        t.rows.map((r) => t.rec(r)),
        a[1],
      ),
    ),
  );
});
L("Table.RemoveLastN", 1, 2, (a) =>
  SAME(tab(a[0]), tab(a[0]).rows.slice(0, Math.max(0, tab(a[0]).rows.length - num(a[1] ?? 1)))),
);
L("Table.Range", 2, 3, (a) =>
  SAME(tab(a[0]), tab(a[0]).rows.slice(num(a[1]), F(a[2] ?? null) === null ? undefined : num(a[1]) + num(a[2]))),
);
L("Table.ReverseRows", 1, 1, (a) => SAME(tab(a[0]), [...tab(a[0]).rows].reverse()));
L("Table.Sort", 2, 2, (a) => {
  const t = tab(a[0]);
  let c = F(a[1]);
  if (typeof c === "string") c = [[c, 0]];
  else if (Array.isArray(c)) {
    c = c.map(F);
    if (typeof c[0] === "string" && c.length === 2 && typeof c[1] === "number") c = [c];
    c = c.map((x) => (typeof x === "string" ? [x, 0] : x instanceof Fn ? [x, 0] : [F(x[0]), F(x[1] ?? 0)]));
  } else c = [[c, 0]];
  return SAME(t, () => {
    const fs_ = c.map(([k, o]) =>
      typeof k === "string"
        ? [
            (
              (i) => (r) =>
                F(r[i])
            )(t.idx(k)),
            o ? -1 : 1,
          ]
        : [rowFn(t, k), o ? -1 : 1],
    );
    return [...t.rows].sort((x, y) => {
      for (const [f, o] of fs_) {
        const r = o * cmp(f(x), f(y));
        if (r) return r;
      }
      return 0;
    });
  });
});
L("Table.Distinct", 1, 2, (a) => {
  const t = tab(a[0]),
    q = F(a[1] ?? null),
    cs = q === null ? t.names() : strs(q);
  return SAME(t, () => {
    const s = new Set();
    return t.rows.filter((r) => {
      const k = cs.map((n) => key(r[t.idx(n)])).join("\u0001");
      if (s.has(k)) return false;
      s.add(k);
      return true;
    });
  });
});
L("Table.Group", 3, 5, (a) => {
  const t = tab(a[0]),
    ks = strs(a[1]),
    ag = recList(a[2])
      .filter((p) => p.length)
      .map((p) => [txt(p[0]), fn(p[1]), F(p[2] ?? null) ?? ANY]),
    local = F(a[3] ?? 1) === 0;
  return new Tab([...ks.map((k) => t.cols[t.idx(k)]), ...ag.map((g) => col(g[0], g[2]))], () => {
    const gs = new Map(),
      order = [];
    let last = null,
      n = 0;
    for (const r of t.rows) {
      let k = ks.map((c) => key(r[t.idx(c)])).join("\u0001");
      if (local) {
        if (k !== last) n++;
        last = k;
        k = n + k;
      }
      if (!gs.has(k)) {
        gs.set(k, []);
        order.push(k);
      }
      gs.get(k).push(r);
    }
    return order.map((k) => {
      const g = gs.get(k),
        sub = SAME(t, g);
      return [...ks.map((c) => g[0][t.idx(c)]), ...ag.map((x) => new Thunk(() => F(x[1].apply([sub]))))];
    });
  });
});
function join(A, ka, B, kb, jk) {
  const hb = new Map(),
    k = (t, r, ks) => ks.map((c) => key(r[t.idx(c)])).join("\u0001");
  B.rows.forEach((r) => {
    const x = k(B, r, kb);
    (hb.get(x) ?? hb.set(x, []).get(x)).push(r);
  });
  return { k, hb };
}
L("Table.NestedJoin", 5, 7, (a) => {
  const A = tab(a[0]),
    ka = strs(a[1]),
    B = tab(F(a[2])),
    kb = strs(a[3]),
    n = txt(a[4]),
    jk = F(a[5] ?? 1) ?? 1;
  ka.forEach((c) => A.idx(c));
  kb.forEach((c) => B.idx(c));
  return new Tab(
    [...A.cols, col(n, new Ty("table", false, { fields: B.cols.map((c) => ({ n: c.n, t: c.t })) }))],
    () => {
      const { k, hb } = join(A, ka, B, kb);
      const used = new Set(),
        out = [];
      for (const r of A.rows) {
        const x = k(A, r, ka),
          m = hb.get(x) ?? [];
        if (m.length) used.add(x);
        if (
          (jk === 0 && !m.length) ||
          (jk === 4 && m.length) ||
          (jk === 6 && !m.length) ||
          (jk === 2 && !m.length) ||
          jk === 5 ||
          jk === 7
        )
          continue;
        out.push([...r, SAME(B, m)]);
      }
      if (jk === 2 || jk === 3 || jk === 5)
        for (const [x, m] of hb) if (!used.has(x)) out.push([...A.cols.map(() => null), SAME(B, m)]);
      if (jk === 7) for (const [x, m] of hb) if (used.has(x)) out.push([...A.cols.map(() => null), SAME(B, m)]);
      return out;
    },
  );
});
L("Table.Join", 4, 7, (a) => {
  const A = tab(a[0]),
    ka = strs(a[1]),
    B = tab(a[2]),
    kb = strs(a[3]),
    jk = F(a[4] ?? 0) ?? 0;
  const dup = A.names().find((n) => B.names().includes(n));
  if (dup) throw exprErr(`A join operation cannot result in a table with duplicate column names ("${dup}").`);
  return new Tab([...A.cols, ...B.cols], () => {
    const { k, hb } = join(A, ka, B, kb);
    const used = new Set(),
      out = [],
      nb = B.cols.map(() => null),
      na = A.cols.map(() => null);
    for (const r of A.rows) {
      const x = k(A, r, ka),
        m = hb.get(x) ?? [];
      if (m.length) used.add(x);
      if (jk === 4) {
        if (!m.length) out.push([...r, ...nb]);
      } else if (jk !== 5) {
        m.forEach((q) => out.push([...r, ...q]));
        if (!m.length && (jk === 1 || jk === 3)) out.push([...r, ...nb]);
      }
    }
    if (jk === 2 || jk === 3 || jk === 5)
      for (const [x, m] of hb) if (!used.has(x)) m.forEach((q) => out.push([...na, ...q]));
    return out;
  });
});
L("Table.ExpandTableColumn", 3, 4, (a) => {
  const t = tab(a[0]),
    i = t.idx(txt(a[1])),
    ns = strs(a[2]),
    nn = F(a[3] ?? null) === null ? ns : strs(a[3]),
    ft = t.cols[i].t.fields;
  return new Tab(
    [...t.cols.slice(0, i), ...ns.map((n, j) => col(nn[j], ft?.find((f) => f.n === n)?.t)), ...t.cols.slice(i + 1)],
    () =>
      t.rows.flatMap((r) => {
        const s = F(r[i]);
        const sub = s === null ? [] : tab(s).rows;
        return (sub.length ? sub : [null]).map((q) => [
          ...r.slice(0, i),
          ...ns.map((n) => (q === null ? null : s.names().includes(n) ? q[s.idx(n)] : null)),
          ...r.slice(i + 1),
        ]);
      }),
  );
});
L("Table.ExpandRecordColumn", 3, 4, (a) => {
  const t = tab(a[0]),
    i = t.idx(txt(a[1])),
    ns = strs(a[2]),
    nn = F(a[3] ?? null) === null ? ns : strs(a[3]),
    ft = t.cols[i].t.fields;
  return new Tab(
    [...t.cols.slice(0, i), ...ns.map((n, j) => col(nn[j], ft?.find((f) => f.n === n)?.t)), ...t.cols.slice(i + 1)],
    () =>
      t.rows.map((r) => {
        const s = F(r[i]);
        return [
          ...r.slice(0, i),
          ...ns.map((n) => (s === null ? null : rec(s).has(n) ? s.m.get(n) : null)),
          ...r.slice(i + 1),
        ];
      }),
  );
});
L("Table.ExpandListColumn", 2, 2, (a) => {
  const t = tab(a[0]),
    i = t.idx(txt(a[1]));
  return new Tab(
    t.cols.map((c, j) => (j === i ? col(c.n) : c)),
    () =>
      t.rows.flatMap((r) => {
        const s = F(r[i]);
        const l = s === null ? [null] : lst(s);
        return (l.length ? l : [null]).map((v) => r.map((x, j) => (j === i ? v : x)));
      }),
  );
});
L("Table.Combine", 1, 2, (a) => {
  if (F(a[1] ?? null) !== null) {
    const t = LIB["Table.Combine"]([a[0]]),
      c = F(a[1]);
    return LIB["Table.SelectColumns"]([t, c instanceof Ty ? c.fields.map((f) => f.n) : c, 2]);
  }
  const ts = lst(a[0]).map((x) => tab(x)),
    cols = [];
  for (const t of ts) for (const c of t.cols) if (!cols.some((x) => x.n === c.n)) cols.push(c);
  return new Tab(cols, () =>
    ts.flatMap((t) => {
      const ix = cols.map((c) => t.cols.findIndex((x) => x.n === c.n));
      return t.rows.map((r) => ix.map((i) => (i < 0 ? null : r[i])));
    }),
  );
});
L("Table.FromRecords", 1, 3, (a) => {
  const rs = lst(a[0]).map((x) => rec(x)),
    c = F(a[1] ?? null),
    cols =
      c instanceof Ty
        ? c.fields.map((f) => col(f.n, f.t))
        : c === null
          ? [...new Set(rs.length ? rs[0].keys() : [])].map((n) => col(n))
          : strs(c).map((n) => col(n));
  return new Tab(
    cols,
    rs.map((r) =>
      cols.map((x) => {
        if (!r.has(x.n)) {
          if (missing(a[2])) return null;
          throw exprErr(`The field '${x.n}' of the record wasn't found.`);
        }
        return r.m.get(x.n);
      }),
    ),
  );
});
L("Table.FromRows", 1, 2, (a) => LIB["#table"]([F(a[1] ?? null) ?? lst(lst(a[0])[0] ?? []).length, a[0]]));
L("Table.FromColumns", 1, 2, (a) => {
  const cs = lst(a[0]).map((x) => lst(x)),
    h = Math.max(0, ...cs.map((c) => c.length));
  return LIB["#table"]([
    F(a[1] ?? null) ?? cs.length,
    Array.from({ length: h }, (_, i) => cs.map((c) => c[i] ?? null)),
  ]);
});
L("Table.FromList", 1, 5, (a) => {
  const sp = F(a[1] ?? null),
    rows = lst(a[0]).map((x) => (sp ? lst(sp.apply([x])) : typeof F(x) === "string" ? F(x).split(",") : [x]));
  const c = F(a[2] ?? null);
  return LIB["#table"]([c ?? rows[0]?.length ?? 1, rows]);
});
L("Splitter.SplitByNothing", 0, 0, () => new Fn(1, 1, (b) => [b[0]]));
L(
  "Splitter.SplitTextByDelimiter",
  1,
  2,
  (a) =>
    new Fn(1, 1, (b) => {
      if (F(b[0]) === null) return [];
      if (txt(b[0]).includes('"') && F(a[1] ?? null) !== 0) throw new Unsupported("SplitTextByDelimiter with quotes");
      return txt(b[0]).split(txt(a[0]));
    }),
);
L("Combiner.CombineTextByDelimiter", 1, 2, (a) =>
  F(a[1] ?? null) === 1
    ? (() => {
        throw new Unsupported("QuoteStyle.Csv");
      })()
    : new Fn(1, 1, (b) => LIB["Text.Combine"]([b[0], a[0]])),
);
L("Table.FromValue", 1, 2, (a) => {
  noArg(a, 1, "options");
  const v = F(a[0]);
  return v instanceof Tab
    ? v
    : Array.isArray(v)
      ? mk(
          ["Value"],
          v.map((x) => [x]),
        )
      : mk(["Value"], [[v]]);
});
L("Table.ToRecords", 1, 1, (a) => tab(a[0]).rows.map((r) => tab(a[0]).rec(r)));
L("Table.ToRows", 1, 1, (a) => tab(a[0]).rows.map((r) => [...r]));
L("Table.ToColumns", 1, 1, (a) => tab(a[0]).cols.map((_, i) => tab(a[0]).rows.map((r) => r[i])));
L("Table.ToList", 1, 2, (a) =>
  tab(a[0]).rows.map((r) => (F(a[1] ?? null) ? F(fn(a[1]).apply([r])) : r.map((x) => toText(x)).join(","))),
);
L("Table.PromoteHeaders", 1, 2, (a) => {
  const t = tab(a[0]),
    o = F(a[1] ?? null),
    all = o && o.has("PromoteAllScalars") && o.get("PromoteAllScalars");
  return new Tab(
    (t.rows[0] ?? []).map((v, i) => {
      v = F(v);
      return col(
        (typeof v === "string" || typeof v === "number" || (all && v !== null) ? toText(v) : null) || t.cols[i].n,
      );
    }),
    t.rows.slice(1),
  );
});
L("Table.DemoteHeaders", 1, 1, (a) =>
  mk(
    tab(a[0]).cols.map((_, i) => "Column" + (i + 1)),
    [tab(a[0]).names(), ...tab(a[0]).rows],
  ),
);
L("Table.Transpose", 1, 2, (a) => {
  const t = tab(a[0]);
  return mk(
    Array.from({ length: t.rows.length }, (_, i) => "Column" + (i + 1)),
    t.cols.map((_, i) => t.rows.map((r) => r[i])),
  );
});
L("Table.ReplaceValue", 5, 5, (a) => {
  const t = tab(a[0]),
    ix = strs(a[4]).map((n) => t.idx(n)),
    f = fn(a[3]);
  const val = (x, r) => {
    x = F(x);
    return x instanceof Fn ? F(x.apply([t.rec(r)])) : x;
  };
  return SAME(t, () =>
    t.rows.map((r) =>
      r.map((v, i) => (ix.includes(i) ? new Thunk(() => F(f.apply([v, val(a[1], r), val(a[2], r)]))) : v)),
    ),
  );
});
L("Replacer.ReplaceValue", 3, 3, (a) => (eq(a[0], a[1]) ? F(a[2]) : F(a[0])));
L("Replacer.ReplaceText", 3, 3, (a) => {
  const s = txt(a[0], 1);
  return s === null ? null : s.split(txt(a[1])).join(txt(a[2]));
});
const tryv = (v, d) => {
  try {
    return F(v);
  } catch (e) {
    if (e instanceof MErr) return F(d);
    throw e;
  }
};
L("Table.ReplaceErrorValues", 2, 2, (a) => {
  const t = tab(a[0]),
    m = new Map(recList(a[1]).map((p) => [t.idx(txt(p[0])), p[1]]));
  return SAME(t, () => t.rows.map((r) => r.map((v, i) => (m.has(i) ? tryv(v, m.get(i)) : v))));
});
const bad = (v) => {
  try {
    F(v);
    return false;
  } catch (e) {
    if (e instanceof MErr) return true;
    throw e;
  }
};
L("Table.RemoveRowsWithErrors", 1, 2, (a) => {
  const t = tab(a[0]),
    q = F(a[1] ?? null),
    ix = (q === null ? t.names() : strs(q)).map((n) => t.idx(n));
  return SAME(t, () => t.rows.filter((r) => !ix.some((i) => bad(r[i]))));
});
L("Table.SelectRowsWithErrors", 1, 2, (a) => {
  const t = tab(a[0]),
    q = F(a[1] ?? null),
    ix = (q === null ? t.names() : strs(q)).map((n) => t.idx(n));
  return SAME(t, () => t.rows.filter((r) => ix.some((i) => bad(r[i]))));
});
const fill = (rev) => (a) => {
  const t = tab(a[0]),
    ix = strs(a[1]).map((n) => t.idx(n));
  return SAME(t, () => {
    const rows = t.rows.map((r) => [...r]),
      o = rev ? [...rows].reverse() : rows,
      last = {};
    for (const r of o)
      for (const i of ix)
        if (F(r[i]) === null) r[i] = last[i] ?? null;
        else last[i] = r[i];
    return rows;
  });
};
L("Table.FillDown", 2, 2, fill(false));
L("Table.FillUp", 2, 2, fill(true));
L("Table.UnpivotOtherColumns", 4, 4, (a) => {
  const t = tab(a[0]),
    ks = strs(a[1]).map((n) => t.idx(n)),
    os = t.cols.map((_, i) => i).filter((i) => !ks.includes(i));
  return new Tab([...ks.map((i) => t.cols[i]), col(txt(a[2]), new Ty("text")), col(txt(a[3]))], () =>
    t.rows.flatMap((r) => os.filter((i) => F(r[i]) !== null).map((i) => [...ks.map((k) => r[k]), t.cols[i].n, r[i]])),
  );
});
L("Table.Unpivot", 4, 4, (a) => {
  const t = tab(a[0]),
    us = strs(a[1]);
  return LIB["Table.UnpivotOtherColumns"]([t, t.names().filter((n) => !us.includes(n)), a[2], a[3]]);
});
L("Table.Pivot", 4, 5, (a) => {
  const t = tab(a[0]),
    pv = strs(a[1]),
    ai = t.idx(txt(a[2])),
    vi = t.idx(txt(a[3])),
    ks = t.cols.map((_, i) => i).filter((i) => i !== ai && i !== vi),
    f = F(a[4] ?? null);
  return new Tab([...ks.map((i) => t.cols[i]), ...pv.map((n) => col(n))], () => {
    const g = new Map();
    for (const r of t.rows) {
      const k = ks.map((i) => key(r[i])).join("\u0001");
      (g.get(k) ?? g.set(k, []).get(k)).push(r);
    }
    return [...g.values()].map((rs) => [
      ...ks.map((i) => rs[0][i]),
      ...pv.map((p) => {
        const vs = rs.filter((r) => F(r[ai]) === p).map((r) => r[vi]);
        return new Thunk(() =>
          f
            ? F(f.apply([vs]))
            : vs.length > 1
              ? (() => {
                  throw exprErr("There were too many elements in the enumeration to complete the operation.");
                })()
              : F(vs[0] ?? null),
        );
      }),
    ]);
  });
});
L("Table.SplitColumn", 3, 7, (a) => {
  noArg(a, 5, "extraValues");
  const dflt = F(a[4] ?? null);
  const t = tab(a[0]),
    i = t.idx(txt(a[1])),
    q = F(a[3] ?? null);
  const rows = t.rows.map((r) => lst(fn(a[2]).apply([r[i]])));
  const ns = Array.isArray(q)
    ? strs(q)
    : Array.from(
        { length: typeof q === "number" ? q : Math.max(0, ...rows.map((r) => r.length)) },
        (_, j) => t.cols[i].n + "." + (j + 1),
      );
  return new Tab(
    [...t.cols.slice(0, i), ...ns.map((n) => col(n)), ...t.cols.slice(i + 1)],
    t.rows.map((r, k) => [...r.slice(0, i), ...ns.map((_, j) => rows[k][j] ?? dflt), ...r.slice(i + 1)]),
  );
});
L("Table.CombineColumns", 4, 4, (a) => {
  const t = tab(a[0]),
    ix = strs(a[1]).map((n) => t.idx(n)),
    keep = t.cols.map((_, i) => i).filter((i) => !ix.includes(i));
  return new Tab([...keep.map((i) => t.cols[i]), col(txt(a[3]))], () =>
    t.rows.map((r) => [...keep.map((i) => r[i]), new Thunk(() => F(fn(a[2]).apply([ix.map((i) => r[i])])))]),
  );
});
L("Table.Schema", 1, 1, (a) =>
  mk(
    ["Name", "Position", "TypeName", "Kind", "IsNullable"],
    tab(a[0]).cols.map((c, i) => [c.n, i, c.t.alias ?? cap(c.t.n) + ".Type", c.t.n, c.t.nullable]),
  ),
);
L(["Table.Contains", "Table.MatchesAnyRows"], 2, 3, (a) => {
  noArg(a, 2, "Table.Contains criteria");
  const t = tab(a[0]),
    q = F(a[1]);
  return q instanceof Fn
    ? t.rows.some((r) => F(q.apply([t.rec(r)])) === true)
    : t.rows.some((r) => q.keys().every((k) => eq(r[t.idx(k)], q.m.get(k))));
});
L("Table.MatchesAllRows", 2, 2, (a) => {
  const t = tab(a[0]);
  return t.rows.every((r) => F(fn(a[1]).apply([t.rec(r)])) === true);
});
L("Table.Repeat", 2, 2, (a) => SAME(tab(a[0]), Array.from({ length: num(a[1]) }, () => tab(a[0]).rows).flat()));
for (const [n, d] of [
  ["Max", 1],
  ["Min", -1],
])
  L("Table." + n, 2, 3, (a) => {
    const t = tab(a[0]),
      c = F(a[1]),
      f = typeof c === "string" ? (r) => F(r[t.idx(c)]) : rowFn(t, c);
    return t.rows.length ? t.rec(t.rows.reduce((x, y) => (d * cmp(f(y), f(x)) > 0 ? y : x))) : F(a[2] ?? null);
  });
L("Table.AddKey", 3, 3, (a) => tab(a[0]));
L("Tables.GetRelationships", 1, 2, () => mk([], []));

// ---------- OData.Feed / Web.Contents
const cfg = { data: null, map: [], headers: {}, trace: null, net: false };
export { cfg };
// A request is made in another thread, for which this one waits: evaluation itself is synchronous.
const WORKER = `
const { workerData: { port, flag } } = require("worker_threads");
port.on("message", async ({ url, headers, method, body }) => {
  let answer;
  try {
    const found = await fetch(url, { headers, redirect: "manual", method, body });
    answer = { status: found.status, body: Buffer.from(await found.arrayBuffer()) };
  } catch (error) {
    answer = { err: String(error.cause ?? error) };
  }
  port.postMessage(answer);
  Atomics.store(flag, 0, 1);
  Atomics.notify(flag, 0);
});`;
const WAIT = 60_000; // milliseconds
const LOCAL = ["127.0.0.1", "localhost", "[::1]"];
let worker, port, flag;

function startWorker() {
  const channel = new MessageChannel();
  port = channel.port1;
  flag = new Int32Array(new SharedArrayBuffer(4));
  worker = new Worker(WORKER, {
    eval: true,
    workerData: { port: channel.port2, flag },
    transferList: [channel.port2],
  });
  worker.unref();
}

// The address that stands in for another: the same path behind another start, and no more of a path than that.
function mapped(url) {
  const found = cfg.map.find(([from]) => url.startsWith(from) && /^[/?]|^$/.test(url.slice(from.length)));
  return found ? found[1] + url.slice(found[0].length) : url;
}

// The trace has a line per request: the address that was asked, and after a tab the one it was sent to.
function httpGet(asked, headers, post) {
  const url = mapped(asked);
  const host = new URL(url).hostname;
  if (!cfg.net && !LOCAL.includes(host))
    throw new MErr("DataSource.Error", `meval refuses host ${host} (use --map or --allow-net)`);
  if (cfg.trace) fs.appendFileSync(cfg.trace, `${asked}\t${url}\n`);
  if (!worker) startWorker();
  Atomics.store(flag, 0, 0);
  port.postMessage({ url, headers: { ...cfg.headers, ...headers }, method: post ? "POST" : "GET", body: post });
  Atomics.wait(flag, 0, 0, WAIT);
  const answer = receiveMessageOnPort(port)?.message;
  if (!answer) throw new MErr("DataSource.Error", `timeout ${url}`);
  if (answer.err) throw new MErr("DataSource.Error", `${answer.err} ${url}`);
  if (answer.status >= 300)
    throw new MErr("DataSource.Error", `OData: the request returned ${answer.status} (${url}): ${said(answer.body)}`);
  return Buffer.from(answer.body);
}

function said(body) {
  const text = Buffer.from(body).toString();
  try {
    return JSON.parse(text).error.message;
  } catch {
    return text.slice(0, 200);
  }
}
const EDM = (t) => {
  const n = t.replace("Edm.", "");
  return n === "Boolean"
    ? "logical"
    : ["Byte", "SByte", "Int16", "Int32", "Int64", "Decimal", "Double", "Single"].includes(n)
      ? "number"
      : n === "Date"
        ? "date"
        : n === "DateTimeOffset"
          ? "datetimezone"
          : n === "TimeOfDay"
            ? "time"
            : n === "Duration"
              ? "duration"
              : n === "String" || n === "Guid"
                ? "text"
                : n === "Binary"
                  ? "binary"
                  : "any";
};
const AL = {
  Int64: "Int64.Type",
  Int32: "Int32.Type",
  Int16: "Int16.Type",
  Byte: "Byte.Type",
  Decimal: "Decimal.Type",
  Double: "Double.Type",
  Guid: "Guid.Type",
};
function edmx(xml) {
  const types = new Map(),
    sets = new Map();
  const at = (s, n) => new RegExp(`\\b${n}="([^"]*)"`).exec(s)?.[1];
  for (const s of xml.matchAll(/<Schema\b([^>]*)>([\s\S]*?)<\/Schema>/g)) {
    const ns = at(s[1], "Namespace");
    for (const e of s[2].matchAll(/<EntityType\b([^>]*?)(?:\/>|>([\s\S]*?)<\/EntityType>)/g))
      types.set(ns + "." + at(e[1], "Name"), {
        base: at(e[1], "BaseType"),
        props: [...(e[2] ?? "").matchAll(/<Property\b([^>]*)/g)].map((p) => ({
          n: at(p[1], "Name"),
          t: at(p[1], "Type"),
          nul: at(p[1], "Nullable") !== "false",
        })),
      });
    for (const e of s[2].matchAll(/<EntitySet\b([^>]*)/g)) sets.set(at(e[1], "Name"), at(e[1], "EntityType"));
  }
  const full = (t) => {
    const x = types.get(t);
    return x ? [...(x.base ? full(x.base) : []), ...x.props] : [];
  };
  return { sets: new Map([...sets].map(([k, t]) => [k, full(t)])) };
}
const cell = (v, t) =>
  v === undefined || v === null
    ? null
    : t === "number"
      ? Number(v)
      : ["date", "datetimezone", "time"].includes(t)
        ? toT(t, v)
        : typeof v === "object"
          ? fromJson(v)
          : v;
const OPTS = new Set(
  "Query Headers ExcludedFromCacheKey ApiKeyName Timeout EnableBatch MaxUriLength Concurrent ODataVersion FunctionOverloads MoreColumns IncludeAnnotations IncludeMetadataAnnotations OmitValues Implementation".split(
    " ",
  ),
);
// The types of a service are read once, as Power Query does; without them there are no rows.
const known = new Map();
function typesAt(url, headers) {
  if (!known.has(url)) known.set(url, edmx(httpGet(url, { ...headers, Accept: "application/xml" }).toString()));
  return known.get(url);
}
L("OData.Feed", 1, 3, (a) => {
  let url = txt(a[0]);
  const h = F(a[1] ?? null),
    o = F(a[2] ?? null),
    headers = { Accept: "application/json;odata.metadata=minimal" };
  for (const r of [h, o instanceof Rec && o.has("Headers") ? o.get("Headers") : null])
    if (r) for (const k of r.keys()) headers[k] = r.get(k);
  if (o instanceof Rec && o.has("OmitValues") && o.get("OmitValues") === "nulls") headers.Prefer = "omit-values=nulls";
  if (o instanceof Rec)
    for (const k of o.keys())
      if (!OPTS.has(k))
        throw exprErr(`'${k}' isn't a valid OData option. Valid options are: ${[...OPTS].join(", ")}`, k);
  const qs =
    o instanceof Rec && o.has("Query")
      ? o
          .get("Query")
          .keys()
          .map((k) => encodeURIComponent(k).replace("%24", "$") + "=" + encodeURIComponent(o.get("Query").get(k)))
          .join("&")
      : "";
  const build = (props, list) => {
    const cols = props.length
      ? props.map((p) => ({
          n: p.n,
          t: new Ty(EDM(p.t), p.nul, AL[p.t.replace("Edm.", "")] ? { alias: AL[p.t.replace("Edm.", "")] } : {}),
          k: EDM(p.t),
        }))
      : [];
    return {
      cols,
      rows: () => {
        const l = list();
        const cs = cols.length
          ? cols
          : [...new Set(l.flatMap((r) => Object.keys(r).filter((k) => !k.includes("@odata"))))].map((n) => ({
              n,
              t: ANY,
              k: "any",
            }));
        if (!cols.length) cols.push(...cs);
        return l.map((r) => cs.map((c) => cell(r[c.n], c.k)));
      },
    };
  };
  const set = (props, list) => {
    const b = build(props, list);
    if (!b.cols.length) {
      const rows = b.rows();
      return new Tab(b.cols, rows);
    }
    return new Tab(b.cols, b.rows);
  };
  const navTab = (names, get) =>
    mk(
      ["Name", "Data", "Signature"],
      names.map((n) => [n, new Thunk(() => get(n)), "table"]),
    );
  if (cfg.data) {
    const files = fs
      .readdirSync(cfg.data)
      .filter((f) => f.endsWith(".json"))
      .map((f) => f.slice(0, -5));
    const md = fs.existsSync(path.join(cfg.data, "$metadata.xml"))
      ? edmx(fs.readFileSync(path.join(cfg.data, "$metadata.xml"), "utf8"))
      : { sets: new Map() };
    const load = (n) => {
      const j = JSON.parse(fs.readFileSync(path.join(cfg.data, n + ".json"), "utf8"));
      return Array.isArray(j) ? j : j.value;
    };
    if (cfg.trace) fs.appendFileSync(cfg.trace, `${url}\t${url}\n`);
    const lastSeg = decodeURIComponent(new URL(url).pathname.split("/").at(-1));
    if (files.includes(lastSeg)) return set(md.sets.get(lastSeg) ?? [], () => load(lastSeg));
    return navTab(files, (n) => set(md.sets.get(n) ?? [], () => load(n)));
  }
  const pages = (u) => {
    const out = [];
    for (let i = 0; u; i++) {
      if (i > 1e4) throw new Unsupported("too many pages");
      const j = JSON.parse(httpGet(u, headers));
      out.push(...j.value);
      u = j["@odata.nextLink"] ? new URL(j["@odata.nextLink"], u).href : null;
    }
    return out;
  };
  const [base, q0] = url.split("?"),
    root = base.replace(/\/$/, ""),
    q = [q0, qs].filter(Boolean).join("&");
  const doc = JSON.parse(httpGet(root + (q ? "?" + q : root === base ? "" : "/"), headers));
  const ctx = doc["@odata.context"] ?? "";
  const frag = /\$metadata#([^\/(]+)/.exec(ctx)?.[1];
  const md = typesAt(new URL(ctx.split("#")[0] || "$metadata", root + "/").href, headers);
  if (Array.isArray(doc.value) && frag)
    return set(md.sets.get(decodeURIComponent(frag)) ?? [], () => {
      const out = [...doc.value];
      const n = doc["@odata.nextLink"];
      return n ? [...out, ...pages(new URL(n, root + "/").href)] : out;
    });
  if (Array.isArray(doc.value)) {
    const svc = doc.value.filter((s) => !s.kind || s.kind === "EntitySet");
    return navTab(
      svc.map((s) => s.name),
      (n) =>
        set(md.sets.get(n) ?? [], () =>
          pages(new URL(svc.find((s) => s.name === n).url, root + "/").href + (q ? "?" + q : "")),
        ),
    );
  }
  return fromJson(doc);
});
L("Web.Contents", 1, 2, (a) => {
  let u = txt(a[0]);
  const o = F(a[1] ?? null);
  const g = (k) => (o && o.has(k) ? o.get(k) : null);
  if (g("RelativePath")) u = u.replace(/\/$/, "") + "/" + g("RelativePath").replace(/^\//, "");
  const q = g("Query");
  if (q) {
    const s = q
      .keys()
      .flatMap((k) =>
        (Array.isArray(q.get(k)) ? q.get(k) : [q.get(k)]).map(
          (v) => encodeURIComponent(k) + "=" + encodeURIComponent(txt(v)),
        ),
      )
      .join("&");
    u += (u.includes("?") ? "&" : "?") + s;
  }
  const h = {};
  if (g("Headers")) for (const k of g("Headers").keys()) h[k] = g("Headers").get(k);
  return new Bin(httpGet(u, h, g("Content")?.b));
});
L("Expression.Evaluate", 1, 2, () => {
  throw new Unsupported("Expression.Evaluate");
});

// ---------- driver
export function toJson(v) {
  try {
    v = F(v);
  } catch (e) {
    if (e instanceof MErr) return { $error: { Reason: e.r, Message: e.m } };
    throw e;
  }
  if (v instanceof T) return iso(v);
  if (Array.isArray(v)) return v.map(toJson);
  if (v instanceof Rec) return Object.fromEntries(v.keys().map((k) => [k, toJson(v.m.get(k))]));
  if (v instanceof Tab) return { $table: v.names(), rows: v.rows.map((r) => r.map(toJson)) };
  if (v instanceof Bin) return { $binary: v.b.toString("base64") };
  if (v instanceof Ty) return "type " + (v.nullable && v.n !== "any" ? "nullable " : "") + (v.alias ?? v.n);
  if (v instanceof Fn) return "[Function]";
  return Number.isNaN(v) ? "NaN" : v === Infinity ? "Infinity" : v;
}
export async function parse(text) {
  const t = await PQP.TaskUtils.tryLexParse({ ...PQP.DefaultSettings }, text.replace(/^\uFEFF/, ""));
  if (!PQP.TaskUtils.isParseStageOk(t))
    throw new MErr("Expression.SyntaxError", t.error?.innerError?.message ?? t.error?.message ?? "syntax error");
  return t.ast;
}
export async function globals(docs, params = {}) {
  const m = new Map(GLOBAL),
    g = new Env(m, null);
  m.set("#shared", new Thunk(() => new Rec(m)));
  let last;
  for (const { name: n, text } of docs) {
    const ast = await parse(text);
    if (ast.kind === "Section")
      for (const s of ast.sectionMembers.elements) {
        const k = name(s.namePairedExpression.key.literal);
        m.set(k, bind(s.namePairedExpression.value, g, k));
        last = k;
      }
    else {
      m.set(n, bind(ast, g, n));
      last = n;
    }
  }
  for (const [k, v] of Object.entries(params)) m.set(k, v);
  return { g, last, m };
}
export async function evaluate(docs, member, params) {
  const { g, last } = await globals(docs, params);
  return g.get(member ?? last);
}
export { F, Rec, Tab, Fn, T, Ty, GLOBAL };
if (process.argv[1] && import.meta.url === pathToFileURL(fs.realpathSync(process.argv[1])).href) {
  const av = process.argv.slice(2);
  let file, member, sib;
  const params = {};
  for (let i = 0; i < av.length; i++) {
    const a = av[i];
    if (a === "--member") member = av[++i];
    else if (a === "--siblings") sib = av[++i];
    else if (a === "--param") {
      const s = av[++i],
        j = s.indexOf("=");
      let v = s.slice(j + 1);
      try {
        v = JSON.parse(v);
      } catch {
        /* plain text */
      }
      if (typeof v === "string" && /^\d{4}-\d\d-\d\dT/.test(v)) v = toT("datetime", v);
      params[s.slice(0, j)] = v;
    } else if (a === "--data") cfg.data = av[++i];
    else if (a === "--map") {
      const s = av[++i],
        j = s.indexOf("=");
      cfg.map.push([s.slice(0, j), s.slice(j + 1)]);
    } else if (a === "--header") {
      const s = av[++i],
        j = s.indexOf(":");
      cfg.headers[s.slice(0, j)] = s.slice(j + 1).trim();
    } else if (a === "--trace") cfg.trace = av[++i];
    else if (a === "--now") NOW = new Date(av[++i]);
    else if (a === "--allow-net") cfg.net = true;
    else file = a;
  }
  if (!file) {
    console.error("usage: meval.mjs [--member N] [--siblings DIR] [--param N=V] [--data DIR] [--map A=B] FILE");
    process.exit(2);
  }
  try {
    const docs = [];
    if (sib)
      for (const f of fs.readdirSync(sib).sort())
        if (/\.(pq|m)$/.test(f) && path.resolve(sib, f) !== path.resolve(file))
          docs.push({ name: f.replace(/\.\w+$/, ""), text: fs.readFileSync(path.join(sib, f), "utf8") });
    docs.push({ name: path.basename(file).replace(/\.\w+$/, ""), text: fs.readFileSync(file, "utf8") });
    const v = await evaluate(docs, member, params);
    const out =
      v instanceof Tab
        ? {
            kind: "table",
            columns: v.rows && v.cols.map((c) => ({ name: c.n, type: toJson(c.t) })),
            rows: v.rows.map((r) => r.map(toJson)),
          }
        : { kind: "value", value: toJson(v) };
    console.log(JSON.stringify(out));
    process.exit(0);
  } catch (e) {
    if (e instanceof MErr) {
      console.error(
        `M error: ${e.r}: ${e.m}` + (e.d !== null && e.d !== undefined ? ` [${JSON.stringify(toJson(e.d))}]` : ""),
      );
      process.exit(1);
    }
    if (e instanceof Unsupported) {
      console.error("unsupported: " + e.message);
      process.exit(3);
    }
    throw e;
  }
}
