// Node's `strong-soap`. Arguments: contract, SOAP version, key. Calls come as JSON on stdin, outcomes go to stdout.
const fs = require("node:fs");
const { soap } = require("strong-soap");

const [contract, version, key] = process.argv.slice(2);

function called(client, call) {
  return new Promise((resolve) => {
    client[call.operation]({ request: call.request }, (error, answer) => {
      if (!error) {
        resolve({ result: answer.result });
        return;
      }
      const fault = error.root && error.root.Envelope && error.root.Envelope.Body.Fault;
      const detail = fault && (fault.detail || fault.Detail);
      resolve({ fault: (detail && detail.Problem) || { code: "no_detail", text: String(error) } });
    });
  });
}

soap.createClient(contract, { forceSoap12Headers: version === "1.2" }, async (error, client) => {
  if (error) throw error;
  client.setSecurity(new soap.BasicAuthSecurity("node", key));
  const outcomes = [];
  for (const call of JSON.parse(fs.readFileSync(0, "utf8"))) outcomes.push(await called(client, call));
  process.stdout.write(JSON.stringify(outcomes));
});
