package oauth

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"strings"
)

// challengeMethod is the only code_challenge_method: RFC 9700 §2.1.1 wants one that does not expose the verifier.
const challengeMethod = "S256"

// parseChallenge returns the code_challenge (RFC 7636 §4.3); empty if there is none and none is needed.
func parseChallenge(challenge, method string, required bool) (string, error) {
	switch {
	case challenge == "" && method == "" && !required:
		return "", nil
	case challenge == "":
		// A method alone means that somebody lost the challenge, or took it out (RFC 9700 §2.1.1, PKCE downgrade).
		return "", NewError(InvalidRequest, "code challenge required: send code_challenge and code_challenge_method=S256")
	case method != challengeMethod:
		// RFC 7636 §4.3: a missing method means plain, and §4.4.1 names the error.
		return "", NewError(InvalidRequest, "transform algorithm not supported: send code_challenge_method=S256")
	case !isChallenge(challenge):
		return "", NewError(InvalidRequest, "code_challenge is not the base64url of a SHA-256, 43 characters without padding")
	}
	return challenge, nil
}

// isChallenge reports whether text can be an S256 challenge (RFC 7636 §4.2): base64url without padding.
func isChallenge(text string) bool {
	if len(text) != base64.RawURLEncoding.EncodedLen(sha256.Size) {
		return false
	}
	return !strings.ContainsFunc(text, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_')
	})
}

// VerifyPKCE reports whether the verifier belongs to the challenge (RFC 7636 §4.6).
func VerifyPKCE(challenge, verifier string) bool {
	if !isVerifier(verifier) {
		return false
	}
	sum := sha256.Sum256([]byte(verifier))
	computed := base64.RawURLEncoding.EncodeToString(sum[:])
	return subtle.ConstantTimeCompare([]byte(computed), []byte(challenge)) == 1
}

// isVerifier is RFC 7636 §4.1: 43 to 128 unreserved characters. A shorter one could be guessed.
func isVerifier(text string) bool {
	if len(text) < 43 || len(text) > 128 {
		return false
	}
	for i := range len(text) {
		if !unreserved(text[i]) {
			return false
		}
	}
	return true
}
