/** The functions behind the HTTP API and the events. */
const FUNCTIONS = ["Register", "Runs", "Tasks", "Sign", "Dispatch"];

/** How much is asked at once of what is made from the functions in serverless.yml: the HTTP API, and they themselves. */
module.exports = async function bounds({ resolveVariable }) {
  const numberOf = async (name) => wholeNumber(name, await resolveVariable(`param:${name}`));
  const DefaultRouteSettings = {
    ThrottlingRateLimit: await numberOf("apiRate"),
    ThrottlingBurstLimit: await numberOf("apiBurst"),
  };
  const isReserved = (await resolveVariable("param:reservedConcurrency")) !== "";
  const reserved = isReserved ? await numberOf("reservedConcurrency") : undefined;
  const kept = FUNCTIONS.map((name) => [
    `${name}LambdaFunction`,
    { Properties: { ReservedConcurrentExecutions: reserved } },
  ]);
  return {
    extensions: {
      HttpApiStage: { Properties: { DefaultRouteSettings } },
      ...(isReserved && Object.fromEntries(kept)),
    },
  };
};

function wholeNumber(name, value) {
  if (/^[1-9]\d*$/.test(String(value))) return Number(value);
  throw new Error(`${name} can't be ${JSON.stringify(value)}: write a whole number, such as --param ${name}=100`);
}
