package adapters

import (
	"context"
	"errors"

	"github.com/meldroute/meldroute/config/private"
)

// ErrNoFile says that there is no file for whoever asks. It is one error for
// every reason, so that nothing can be learned by asking: an unknown, used or
// expired link, a link of somebody else, a wrong code, a right that was lost.
var ErrNoFile = errors.New("adapters: no file")

// Pages is the optional ability to show a page of the bot's own, outside the
// chat. Bytes come only from there (D16): no file ever becomes a message. On a
// platform without it a person gets text to copy, in a form.
type Pages interface {
	// FileLink is the address of the page where to, and nobody else, can fetch
	// the file behind a token. Opening it uses nothing up, since chats fetch
	// the links that they show; pressing its button does. It returns ErrGone
	// for an address that it has no page for.
	FileLink(to Address, lang, token string) (url string, err error)
}

// Files is the optional ability of a Handler to hand out files.
type Files interface {
	// File uses up what the claim holds and returns the file, made anew, when
	// that is committed. ErrNoFile: there is none for who asks. Any other
	// error: nothing was used up, and trying again may help.
	File(ctx context.Context, c Claim) (File, error)
}

// Claim is somebody who presses the button of a file's page.
type Claim struct {
	From  Address // for whom the link was made
	Token string
	Code  private.Text // as he typed it: it was shown to him beside the link
	Lang  string
}

// File is what is fetched. It is shown and kept nowhere.
type File struct {
	// Name says nothing of what is in it: letters, digits, ".", "-" and "_".
	Name string
	Type string       // its media type, with the charset of a text
	Body private.Text // its bytes
}

// Link is an address in a form to open beside the chat.
type Link struct {
	Label, URL string
	Note       string // what has to be known to use it, such as a code
	// Key names the message that a form of a link alone becomes where no form
	// can be opened, so that another Reply can take its place.
	Key string
}
