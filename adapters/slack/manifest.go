package slack

import (
	"encoding/json"
	"fmt"
	"strings"
)

// Scopes are what the bot asks for, and no more: to post, and change what it
// posted; to talk in direct messages, and look there for what it posted; to see
// who is in the channel, and who somebody is; to post charts. It cannot read the
// channel.
func Scopes() []string {
	return []string{"chat:write", "commands", "files:write", "groups:read", "im:history", "im:write", "users:read"}
}

// events are what the bot hears of.
var events = []string{
	"app_home_opened", "message.im", "user_change",
	"member_joined_channel", "member_left_channel", "group_archive", "group_unarchive", "channel_shared", "channel_unshared",
}

// Manifest describes the app to Slack, as JSON to paste on its page for new
// apps: for Socket Mode, or with an address for HTTP.
func Manifest(say func(id string) string, url string) ([]byte, error) {
	type object = map[string]any
	command := object{"command": "/signaal", "description": say("slack.manifest.command"), "should_escape": false}
	hears, acts := object{"bot_events": events}, object{"is_enabled": true}
	if url != "" {
		url = strings.TrimSuffix(url, "/") + Path
		command["url"], hears["request_url"], acts["request_url"] = url, url, url
	}
	b, err := json.MarshalIndent(object{
		"_metadata":           object{"major_version": 2, "minor_version": 1},
		"display_information": object{"name": say("slack.title"), "description": say("slack.manifest.description"), "background_color": "#154273"},
		"features": object{
			// Without its messages tab nobody can write to the bot.
			"app_home": object{"home_tab_enabled": true, "messages_tab_enabled": true, "messages_tab_read_only_enabled": false},
			// "Allowed characters: a-z, 0-9, -, _, and ." (@slack/web-api, manifest.d.ts).
			"bot_user":       object{"display_name": strings.ToLower(say("slack.title")), "always_online": true},
			"slash_commands": []any{command},
			"shortcuts":      []any{object{"name": say("slack.home.report"), "type": "global", "callback_id": "report", "description": say("slack.manifest.command")}},
		},
		"oauth_config": object{"scopes": object{"bot": Scopes()}},
		"settings": object{
			"event_subscriptions": hears, "interactivity": acts, "socket_mode_enabled": url == "",
			"org_deploy_enabled": false, "token_rotation_enabled": false,
		},
	}, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("slack: manifest: %w", err)
	}
	return b, nil
}
