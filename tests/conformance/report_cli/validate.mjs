// Microsoft's own report validator on many reports in one process.
//   node validate.mjs X.Report ...      one JSON line per report: {"report", "findings": [{severity, code, file, message}]}
// Compiling the visual's schema takes six seconds, so a compiled schema is kept for the reports that follow.
import "./offline.mjs";
import { createHash } from "node:crypto";
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);

function keepCompiled(Ajv) {
  const compiled = new Map();
  const compile = Ajv.prototype.compile;
  Ajv.prototype.compile = function (schema, ...rest) {
    const key = createHash("sha256").update(JSON.stringify(schema)).digest("hex");
    if (!compiled.has(key)) compiled.set(key, compile.call(this, schema, ...rest));
    return compiled.get(key);
  };
}

keepCompiled(require("ajv/dist/core.js").default);
const cli = await import("@microsoft/powerbi-report-authoring-cli");

for (const report of process.argv.slice(2)) {
  const { reportDir, defDir, pbipPath } = cli.locateReport(report);
  const provider = await cli.getMetadataProvider();
  const summary = await cli.runReportValidation({ reportDir, defDir, pbipPath, provider, skipSchema: false });
  const findings = Object.entries(summary.diagnostics ?? {}).flatMap(([code, group]) =>
    group.items.map((item) => ({ severity: group.severity, code, file: item.file ?? "", message: item.message })),
  );
  console.log(JSON.stringify({ report, findings }));
}
