// What the server's answers have; see /api/v1/openapi.json.

interface Span { start: number; end: number; score: number; text: string }

interface Hit {
  id: string;
  text: string;
  score: number;
  measure: string;
  similarity: number | null;
  percentile: number | null;
  pairs: number;
  title: string;
  source: string;
  line: number;
  chunk: number;
  chunks: number;
  fields: Record<string, any>;
  best?: Span;
  further?: number;
  further_hits?: Hit[];
  folded?: string[];
}

interface Summary {
  name: string;
  model: string;
  compute: string;
  dimension: number;
  storage: string;
  records: number;
  chunks: number;
  index: { kind: string; recall: number; milliseconds: number | null };
  runs: number;
  updated: string;
  whole: boolean;
  columns: string[];
}

interface Run {
  number: number;
  action: string;
  time: string;
  added: number;
  removed: number;
  records: number;
  chunks: number;
  sources: string[];
  back_to: number | null;
  before: number;
}

interface FacetValue { value: string | number | boolean; count: number }

interface Facet {
  name: string;
  kind: "values" | "numbers" | "texts";
  values: FacetValue[];
  distinct: number;
  empty: number;
  low: number | null;
  high: number | null;
  bins: number[];
}

interface JobProgress { title: string; done: number; total: number | null; unit: string }

interface Job {
  id: string;
  operation: string;
  status: "queued" | "running" | "done" | "failed" | "cancelled" | "interrupted";
  created: number;
  started: number | null;
  finished: number | null;
  cancelling: boolean;
  resumable: boolean;
  request: Record<string, any>;
  error: { type: string; message: string; hint: string } | null;
  failure: { reasons: string[]; hint: string } | null;
  progress?: JobProgress | null;
}

interface Quote { text: string; id: string; source: string; line: number; title: string; score?: number }

interface SentFile { id: string; name: string; size: number }

interface Preview {
  records: { text: string; title: string; source: string; line: number; fields: Record<string, any> }[];
  columns: string[];
  column: string | null;
  encodings: Record<string, { name: string; label: string; guessed: boolean }>;
  skipped: { source: string; line: number; reason: string; hint: string }[];
  whole: boolean;
}

interface ModelFacts {
  name: string;
  dimension: number | null;
  max_tokens: number;
  licence: string;
  source: string | null;
  parameters?: number;
  languages?: string;
  size?: number;
  problem?: string | null;
}
