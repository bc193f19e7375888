// Node's `soap`. Arguments: contract, SOAP version, key. Calls come as JSON on stdin, outcomes go to stdout.
const fs = require("node:fs");
const soap = require("soap");

const [contract, version, key] = process.argv.slice(2);

async function main() {
  const client = await soap.createClientAsync(contract, { forceSoap12Headers: version === "1.2" });
  client.setSecurity(new soap.BasicAuthSecurity("node", key));
  const outcomes = [];
  for (const call of JSON.parse(fs.readFileSync(0, "utf8"))) {
    try {
      const [answer] = await client[`${call.operation}Async`]({ request: call.request });
      outcomes.push({ result: answer.result });
    } catch (error) {
      const fault = error.root && error.root.Envelope.Body.Fault;
      const detail = fault && (fault.detail || fault.Detail);
      outcomes.push({ fault: (detail && detail.Problem) || { code: "no_detail", text: String(error) } });
    }
  }
  process.stdout.write(JSON.stringify(outcomes));
}

main();
