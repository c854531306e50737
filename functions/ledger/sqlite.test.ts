import { describe } from "vitest";
import { ledgerConformance } from "./conformance.ts";
import { openSqliteLedger } from "./sqlite.ts";

describe("the SQLite ledger", () => ledgerConformance(() => openSqliteLedger(":memory:")));
