/** What a stack's name may hold (CloudFormation: letters, digits and hyphens), and so short that names which begin with it have room. */
const STAGE = /^[A-Za-z][A-Za-z0-9-]{0,23}$/;

/** The stage, by whose name stacks stand side by side. Throws where it can't be part of the names that AWS takes. */
module.exports = async function stage({ resolveVariable }) {
  const name = await resolveVariable("sls:stage");
  if (STAGE.test(name)) return name;
  throw new Error(
    `A stage can't be named ${JSON.stringify(name)}: its name has at most 24 letters, digits and hyphens, the first of them a letter. Choose another: npx sls deploy --stage NAME`,
  );
};
