/** The headers of every record: its trace, what its value is, and the rules that it was written by. */
import { traceparent as ownTrace } from '@clatter/runtime';

/** Of records that no rules decide. */
const RULES = '1';

/**
 * @param schema the type of the value, such as `messages.v1.Command`
 * @param traceparent of what the record follows from; where nothing is given, the trace that this is done in
 * @param rules version of the rules by which a command is to be decided
 */
export const recordHeaders = (
  schema: string,
  traceparent = ownTrace(),
  rules = RULES,
): { readonly traceparent: string; readonly schema: string; readonly rules: string } => ({
  traceparent,
  schema,
  rules,
});
