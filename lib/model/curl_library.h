#pragma once

#include <curl/curl.h>

namespace riverbank {

/// The functions of libcurl that are called here.
struct CurlLibrary {
  decltype(&curl_global_init) global_init;
  decltype(&curl_easy_init) easy_init;
  decltype(&curl_easy_cleanup) easy_cleanup;
  decltype(&curl_easy_reset) easy_reset;
  decltype(&curl_easy_setopt) easy_setopt;
  decltype(&curl_easy_perform) easy_perform;
  decltype(&curl_easy_getinfo) easy_getinfo;
  decltype(&curl_easy_strerror) easy_strerror;
  decltype(&curl_slist_append) slist_append;
  decltype(&curl_slist_free_all) slist_free_all;
  decltype(&curl_strnequal) strnequal;
  decltype(&curl_url) url;
  decltype(&curl_url_cleanup) url_cleanup;
  decltype(&curl_url_set) url_set;
  decltype(&curl_url_get) url_get;
  decltype(&curl_free) free;
};

/// libcurl, loaded and started by the first download. Linked, it and the thirty libraries behind it would be loaded by
/// every question, which took a twelfth of its processor time. Any thread. Throws Error kUnsupported when it is not
/// there.
const CurlLibrary& curl();

}  // namespace riverbank
