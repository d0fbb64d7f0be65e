package message

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/dialtone-id/dialtone/internal/secret"
)

// The headers of Standard Webhooks 1.0, which sign a request in both directions: id, time and body, keyed with a shared
// secret. The signatures are a list joined by spaces, so that two secrets can overlap.
const (
	headerID        = "Webhook-Id"
	headerTimestamp = "Webhook-Timestamp" // Unix seconds
	headerSignature = "Webhook-Signature" // "v1," and base64 of HMAC-SHA-256

	signatureVersion = "v1,"
	secretPrefix     = "whsec_"

	// signatureWindow is how far a request's time may be from ours: an old one is a replay.
	signatureWindow = 5 * time.Minute
)

func sign(header http.Header, key secret.Text, id string, now time.Time, body []byte) {
	timestamp := strconv.FormatInt(now.Unix(), 10)
	header.Set(headerID, id)
	header.Set(headerTimestamp, timestamp)
	header.Set(headerSignature, signatureVersion+signature(key, id, timestamp, body))
}

// signed reports whether the header proves that the body was signed with the key a short time ago.
func signed(header http.Header, key secret.Text, now time.Time, body []byte) bool {
	id, timestamp := header.Get(headerID), header.Get(headerTimestamp)
	seconds, err := strconv.ParseInt(timestamp, 10, 64)
	if err != nil || id == "" || key == "" || now.Sub(time.Unix(seconds, 0)).Abs() > signatureWindow {
		return false
	}
	want := signature(key, id, timestamp, body)
	right := false
	for _, candidate := range strings.Fields(header.Get(headerSignature)) {
		if given, ok := strings.CutPrefix(candidate, signatureVersion); ok && secret.Equal(given, want) {
			right = true
		}
	}
	return right
}

func signature(key secret.Text, id, timestamp string, body []byte) string {
	mac := hmac.New(sha256.New, signingKey(key))
	mac.Write([]byte(id + "." + timestamp + "."))
	mac.Write(body)
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// signingKey reads a secret in the form of Standard Webhooks, whsec_ and base64; any other one is taken as it is.
func signingKey(key secret.Text) []byte {
	if encoded, ok := strings.CutPrefix(key.Reveal(), secretPrefix); ok {
		if raw, err := base64.StdEncoding.DecodeString(encoded); err == nil {
			return raw
		}
	}
	return []byte(key.Reveal())
}
