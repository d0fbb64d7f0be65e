package message

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/textproto"
	"strconv"
)

// failureAt is what an error means before the server has all of the letter. Nothing was sent then.
func failureAt(step string, err error) *Failure {
	if code := replyCode(err); code != 0 {
		// The server's text is dropped: it quotes addresses.
		return &Failure{Kind: kindOfReply(code), Code: "smtp_" + strconv.Itoa(code), Cause: fmt.Errorf("answer to %s", step)}
	}
	if certificate, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return &Failure{Kind: Rejected, Code: "smtp_certificate", Cause: certificate}
	}
	return &Failure{Kind: Temporary, Code: "smtp_connection", Cause: fmt.Errorf("%s: %w", step, withoutAnswer(err))}
}

// lostAt is failureAt once the server has the letter: without an answer nobody knows whether it will be delivered.
func lostAt(step string, err error) *Failure {
	failure := failureAt(step, err)
	if replyCode(err) == 0 {
		failure.Kind = Ambiguous
	}
	return failure
}

// kindOfReply is what a reply means, RFC 5321 §4.2.1.
func kindOfReply(code int) FailureKind {
	if code/100 == 4 {
		return Temporary
	}
	return Rejected
}

// replyCode is the code of a reply that says no; 0 if the error is no reply.
func replyCode(err error) int {
	if reply, ok := errors.AsType[*textproto.Error](err); ok {
		return reply.Code
	}
	return 0
}

// withoutAnswer keeps what the network says and drops the server's words, which the mail library repeats where they are no
// proper answer.
func withoutAnswer(err error) error {
	if _, ok := errors.AsType[net.Error](err); ok {
		return err
	}
	if _, ok := errors.AsType[tls.RecordHeaderError](err); ok || errors.Is(err, io.EOF) || errors.Is(err, net.ErrClosed) {
		return err
	}
	return errors.New("the answer is not what it should be")
}
