import type { ItemReader } from "../../statemachines/asl.ts";
import { failure } from "./errors.ts";

const DELIMITERS = { COMMA: ",", PIPE: "|", SEMICOLON: ";", SPACE: " ", TAB: "\t" };

type CsvConfig = Pick<NonNullable<ItemReader["ReaderConfig"]>, "CSVDelimiter" | "CSVHeaderLocation" | "CSVHeaders">;

/** The rows of a CSV text (RFC 4180: quoted fields, doubled quotes), each as an object of strings by its header. */
export function parseCsv(text: string, config: CsvConfig): Record<string, string>[] {
  const rows = parseRows(text.replace(/^\uFEFF/, ""), DELIMITERS[config.CSVDelimiter ?? "COMMA"]);
  const headers = config.CSVHeaderLocation === "GIVEN" ? config.CSVHeaders! : (rows.shift() ?? []);
  if (new Set(headers).size < headers.length)
    throw failure("States.ItemReaderFailed", "CSV headers cannot contain duplicates.");
  return rows.map((row) => Object.fromEntries(headers.map((header, index) => [header, row[index] ?? ""])));
}

function parseRows(text: string, delimiter: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  let field = "";
  let quoted = false;
  const endField = () => {
    row.push(field);
    field = "";
  };
  const endRow = () => {
    endField();
    if (row.length > 1 || row[0] !== "") rows.push(row);
    row = [];
  };
  for (let at = 0; at < text.length; at += 1) {
    const character = text.charAt(at);
    if (quoted && character === '"' && text[at + 1] === '"') field += text.charAt((at += 1));
    else if (character === '"' && (quoted || field === "")) quoted = !quoted;
    else if (quoted) field += character;
    else if (character === delimiter) endField();
    else if (character === "\n") endRow();
    else if (character !== "\r") field += character;
  }
  endRow();
  return rows;
}
