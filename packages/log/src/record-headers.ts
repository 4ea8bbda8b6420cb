/** The headers of every record: its trace, what its value is, and the rules that it was written by. */
import { traceparent as ownTrace } from '@clatter/runtime';

/** Rules version that commands are decided by; raised when all owners know it. */
const RULES = '1';

/**
 * @param schema the type of the value, such as `messages.v1.Command`
 * @param traceparent of what the record follows from; where nothing is given, the trace that this is done in
 */
export const recordHeaders = (
  schema: string,
  traceparent = ownTrace(),
): { readonly traceparent: string; readonly schema: string; readonly rules: string } => ({
  traceparent,
  schema,
  rules: RULES,
});
