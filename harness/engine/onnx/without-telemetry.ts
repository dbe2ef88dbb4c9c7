/**
 * ONNX Runtime's official builds tell their maker of each process and session, keep an identifier of the machine in the
 * home folder, and leave a file in the temporary one. Training here is nobody else's business, so it is off unless the
 * person sets the variable to something else.
 *
 * The library reads it when it is loaded: this must be imported before.
 */
process.env.ORT_DISABLE_TELEMETRY ??= '1';
