import {
  mixin,
  UnsupportedMediaTypeException,
  type CanActivate,
  type ExecutionContext,
  type Type,
} from '@nestjs/common';

interface Request {
  readonly headers: { readonly 'content-type'?: string };
}

/** Refuses (415) a body of any other media type: a patch means something else than a replacement. */
export function MediaType(type: string): Type<CanActivate> {
  class MediaTypeGuard implements CanActivate {
    canActivate(context: ExecutionContext): boolean {
      const { headers } = context.switchToHttp().getRequest<Request>();
      const [essence = ''] = (headers['content-type'] ?? '').split(';');
      if (essence.trim().toLowerCase() === type) return true;
      throw new UnsupportedMediaTypeException(`The body must be ${type}`);
    }
  }
  return mixin(MediaTypeGuard);
}
